package check

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/loaderline/loaderline/internal/pipelinefile"
)

// MissingRightError says that the Kafka user of the pipeline lacks a right that it needs.
type MissingRightError struct {
	Resource  string // topic, group or transactional-id, as kafka-acls.sh calls it
	Name      string
	Prefixed  bool // Name begins the names that are meant
	Operation string
}

// Error implements error.
func (e *MissingRightError) Error() string {
	return fmt.Sprintf("this user may not %s it; allow it: %s", strings.ToLower(e.Operation), e.remedy())
}

// remedy is the command of Kafka that gives the right, less what only the reader knows.
func (e *MissingRightError) remedy() string {
	pattern := ""
	if e.Prefixed {
		pattern = " --resource-pattern-type prefixed"
	}
	return fmt.Sprintf("kafka-acls.sh --add --allow-principal User:NAME --operation %s --%s '%s'%s", e.Operation, e.Resource, e.Name, pattern)
}

// topicAccess is what a cluster says of a topic to this user.
type topicAccess struct {
	err        error
	operations int32 // a bit for each kmsg.ACLOperation, or math.MinInt32 where the cluster does not tell
}

func (a topicAccess) hidden() bool { return errors.Is(a.err, kerr.TopicAuthorizationFailed) }

func (a topicAccess) allows(op kmsg.ACLOperation) bool {
	return a.operations == math.MinInt32 || a.operations&(1<<op) != 0
}

// access asks what this user may do with the topics.
func (c Check) access(ctx context.Context, client *kgo.Client) (map[string]topicAccess, error) {
	req := kmsg.NewPtrMetadataRequest()
	req.IncludeTopicAuthorizedOperations = true
	for _, topic := range c.Layout.File.AllTopics() {
		wanted := kmsg.NewMetadataRequestTopic()
		wanted.Topic = new(topic)
		req.Topics = append(req.Topics, wanted)
	}
	resp, err := req.RequestWith(ctx, client)
	if err != nil {
		return nil, fmt.Errorf("ask for the rights to the topics: %w", err)
	}
	all := make(map[string]topicAccess, len(resp.Topics))
	for _, t := range resp.Topics {
		if t.Topic != nil {
			all[*t.Topic] = topicAccess{err: kerr.ErrorForCode(t.ErrorCode), operations: t.AuthorizedOperations}
		}
	}
	return all, nil
}

// rights checks what the pipeline does with the cluster: it reads events, writes outcomes, and commits offsets for its
// group, in a transaction where that is asked for.
func (c Check) rights(ctx context.Context, client *kgo.Client) {
	file := c.Layout.File
	access, err := c.access(ctx, client)
	if err != nil {
		c.failed("rights", strings.Join(c.Kafka.Brokers, ", "), err)
		return
	}
	for _, topic := range file.Input.Topics {
		c.topicRight(topic, access[topic], kmsg.ACLOperationRead, "Read")
	}
	for _, topic := range append(file.OutputTopics(), file.DeadLetter.Topic) {
		c.topicRight(topic, access[topic], kmsg.ACLOperationWrite, "Write")
	}
	for _, topic := range file.Retry.TopicNames() {
		c.topicRight(topic, access[topic], kmsg.ACLOperationRead, "Read")
		c.topicRight(topic, access[topic], kmsg.ACLOperationWrite, "Write")
	}
	for _, topic := range file.Tables() {
		c.topicRight(topic, access[topic], kmsg.ACLOperationRead, "Read")
	}
	if i := file.Cache.Invalidate; i != nil {
		for _, topic := range i.Topics() {
			if !slices.Contains(file.Input.Topics, topic) {
				c.topicRight(topic, access[topic], kmsg.ACLOperationRead, "Read")
			}
		}
		if i.Topic != "" {
			c.topicRight(i.Topic, access[i.Topic], kmsg.ACLOperationWrite, "Write")
		}
	}
	c.right("group", file.Input.Group, "Read", readsGroup(ctx, client, file.Input.Group))
	if file.Output.Delivery == pipelinefile.DeliveryExactlyOnce {
		prefix, id := transactionalID(file)
		err := writesTransaction(ctx, client, id, file.Input.Group)
		if _, ok := errors.AsType[*MissingRightError](err); ok {
			err = &MissingRightError{Resource: "transactional-id", Name: prefix, Prefixed: true, Operation: "Write"}
		}
		c.right("transactional-id", prefix, "Write", err)
	}
}

func (c Check) topicRight(topic string, access topicAccess, op kmsg.ACLOperation, name string) {
	switch {
	case access.hidden(), access.err == nil && !access.allows(op):
		c.right("topic", topic, name, &MissingRightError{Resource: "topic", Name: topic, Operation: name})
	case access.err == nil:
		c.right("topic", topic, name, nil)
	default: // The topic is not there, which its own line says.
	}
}

func (c Check) right(resource, name, operation string, err error) {
	what := strings.ReplaceAll(resource, "-", " ")
	if err != nil {
		c.failed("right", operation+" on "+what+" "+name, err)
		return
	}
	c.ok("right", operation+" on "+what+" "+name, "given")
}

// readsGroup tries to be heard as a member that the group does not have. That changes nothing, and is refused as
// unknown only where this user may read the group.
func readsGroup(ctx context.Context, client *kgo.Client, group string) error {
	req := kmsg.NewPtrHeartbeatRequest()
	req.Group, req.MemberID = group, "loaderline-check"
	resp, err := req.RequestWith(ctx, client)
	if err == nil {
		err = kerr.ErrorForCode(resp.ErrorCode)
	}
	switch {
	case errors.Is(err, kerr.GroupAuthorizationFailed):
		return &MissingRightError{Resource: "group", Name: group, Operation: "Read"}
	case err == nil || answered(err):
		return nil
	default:
		return fmt.Errorf("ask for the rights to the group: %w", err)
	}
}

// writesTransaction tries to add offsets to a transaction with the identity of no producer. That changes nothing, and
// fences nobody; it is refused as unknown only where this user may write the transactional ID.
func writesTransaction(ctx context.Context, client *kgo.Client, id, group string) error {
	req := kmsg.NewPtrAddOffsetsToTxnRequest()
	req.TransactionalID, req.ProducerID, req.ProducerEpoch, req.Group = id, math.MaxInt64, 0, group
	resp, err := req.RequestWith(ctx, client)
	if err == nil {
		err = kerr.ErrorForCode(resp.ErrorCode)
	}
	switch {
	case errors.Is(err, kerr.TransactionalIDAuthorizationFailed):
		return &MissingRightError{Resource: "transactional-id", Name: id, Operation: "Write"}
	case err == nil || answered(err):
		return nil
	default:
		return fmt.Errorf("ask for the rights to the transactional ID: %w", err)
	}
}

// answered reports whether the cluster looked at a request, and refused what it says rather than who says it.
func answered(err error) bool {
	for _, refusal := range []error{
		kerr.UnknownMemberID, kerr.IllegalGeneration, kerr.GroupIDNotFound, kerr.RebalanceInProgress, // of a group
		kerr.InvalidProducerIDMapping, kerr.InvalidProducerEpoch, kerr.InvalidTxnState, kerr.ConcurrentTransactions,
		kerr.ProducerFenced, kerr.GroupAuthorizationFailed, // of a transaction; the group has its own line
	} {
		if errors.Is(err, refusal) {
			return true
		}
	}
	return false
}

// transactionalID is one of the pipeline's, and what all of them begin with.
func transactionalID(file *pipelinefile.File) (prefix, id string) {
	escape := strings.NewReplacer("%", "%25", "/", "%2F")
	instance := file.Instance
	if instance == "" {
		// Without a host name the prefix alone is asked about.
		instance, _ = os.Hostname()
	}
	prefix = escape.Replace(file.Name) + "/"
	return prefix, prefix + escape.Replace(instance) + "/0"
}
