package check_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/loaderline/loaderline/internal/command/check"
)

// secured is the beginning of a pipeline file, on a cluster with logins.
const secured = `
name: a/b
instance: one
kafka:
  brokers: [%q]
  sasl: {mechanism: SCRAM-SHA-256, username: reader, password: canary}
input: {topics: [events], group: enrich}
sources: {shop: {sql: {driver: sqlite, dsn: %q}}}
`

const file = secured + `
stages:
  user: {source: shop, by: event.user_id, query: "SELECT id, name FROM users WHERE id IN ($keys)", key: id}
output: {topic: enriched, delivery: %s}
dead_letter: {topic: dead}
`

// right allows the user of the file something.
func right(resource kmsg.ACLResourceType, name string, operation kmsg.ACLOperation) kfake.ACL {
	return kfake.ACL{Resource: resource, Name: name, Pattern: kmsg.ACLResourcePatternTypeLiteral, Operation: operation, Allow: true}
}

// allRights are the rights that a pipeline needs, and this user has no others.
func allRights() []kfake.ACL {
	transactions := right(kmsg.ACLResourceTypeTransactionalId, "a%2Fb/", kmsg.ACLOperationWrite)
	transactions.Pattern = kmsg.ACLResourcePatternTypePrefixed
	return []kfake.ACL{
		right(kmsg.ACLResourceTypeTopic, "events", kmsg.ACLOperationRead),
		right(kmsg.ACLResourceTypeTopic, "enriched", kmsg.ACLOperationWrite),
		right(kmsg.ACLResourceTypeTopic, "dead", kmsg.ACLOperationWrite),
		right(kmsg.ACLResourceTypeGroup, "enrich", kmsg.ACLOperationRead),
		transactions,
	}
}

// check runs a checkup on a cluster that gives the pipeline's user some rights, and returns the lines of the checks that failed.
func runCheck(t *testing.T, delivery string, rights []kfake.ACL) (failed []string, err error) {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.EnableSASL(), kfake.EnableACLs(), kfake.SeedTopics(1, "events", "enriched", "dead"),
		kfake.Superuser("SCRAM-SHA-256", "admin", "admin"), kfake.User("SCRAM-SHA-256", "reader", "canary", rights...))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	c := checkOf(t, cluster, file, delivery)
	ok := 0
	c.Report = func(f check.Finding) {
		if strings.Contains(f.String(), "canary") {
			t.Errorf("the password is shown: %s", f)
		}
		if f.OK {
			ok++
			return
		}
		failed = append(failed, f.String())
	}
	err = c.Run(context.WithoutCancel(t.Context()))
	if ok == 0 {
		t.Error("nothing is in order")
	}
	return failed, err
}

func TestAllRightsAreEnough(t *testing.T) {
	if failed, err := runCheck(t, "exactly_once", allRights()); err != nil || failed != nil {
		t.Errorf("%q, %v", failed, err)
	}
}

func TestMissingRightsAreNamed(t *testing.T) {
	for i, want := range []string{
		`failed  right Read on topic events: this user may not read it; allow it: kafka-acls.sh --add --allow-principal User:NAME --operation Read --topic 'events'`,
		`failed  right Write on topic enriched: this user may not write it; allow it: kafka-acls.sh --add --allow-principal User:NAME --operation Write --topic 'enriched'`,
		`failed  right Write on topic dead: this user may not write it; allow it: kafka-acls.sh --add --allow-principal User:NAME --operation Write --topic 'dead'`,
		`failed  right Read on group enrich: this user may not read it; allow it: kafka-acls.sh --add --allow-principal User:NAME --operation Read --group 'enrich'`,
		`failed  right Write on transactional id a%2Fb/: this user may not write it; allow it: kafka-acls.sh --add --allow-principal User:NAME --operation Write --transactional-id 'a%2Fb/' --resource-pattern-type prefixed`,
	} {
		rights := allRights()
		rights = append(rights[:i], rights[i+1:]...)
		failed, err := runCheck(t, "exactly_once", rights)
		if diff := cmp.Diff([]string{want}, failed); diff != "" {
			t.Error(diff)
		}
		if missing, ok := errors.AsType[*check.MissingRightError](err); !ok || missing.Operation == "" {
			t.Errorf("error %v", err)
		}
	}
}

// A topic that may be seen but not read is told from one that may not be seen.
func TestAnotherRightIsNotEnough(t *testing.T) {
	rights := allRights()
	rights[0].Operation = kmsg.ACLOperationWrite
	failed, _ := runCheck(t, "exactly_once", rights)
	if len(failed) != 1 || !strings.Contains(failed[0], "right Read on topic events: this user may not read it") {
		t.Errorf("%q", failed)
	}
}

func TestAtLeastOnceNeedsNoTransaction(t *testing.T) {
	if failed, err := runCheck(t, "at_least_once", allRights()[:4]); err != nil || failed != nil {
		t.Errorf("%q, %v", failed, err)
	}
}
