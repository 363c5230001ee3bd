package session

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/failpoint"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
)

// Session is one member of the group, with its own client and producer. Poll,
// Working, Commit, GiveBack and Close are for one goroutine, in the order that
// the package describes; the other methods are for any.
type Session struct {
	cfg Config
	log *slog.Logger
	cl  *kgo.Client
	tx  *kgo.GroupTransactSession // nil with consumer.AtLeastOnce.
	cut context.CancelFunc        // Ends all that the client waits for.

	// opened is closed when Open has succeeded. The group is joined in the
	// background before that, and waits for it to resolve start offsets.
	opened   chan struct{}
	topicIDs map[string]kadm.TopicID

	// unsettled says that partitions were taken away since the transaction
	// session last ended something: it would abort whatever comes next.
	unsettled atomic.Bool
	// lost is the membership that the client lost last. The client keeps naming
	// it until it has joined again.
	lost atomic.Pointer[membership]

	size       averageSize
	limit      int                                        // Records of a batch; zero means MaxPollRecords.
	held       int                                        // Records of the held batch.
	commitTime time.Time                                  // Of the last batch that was committed; zero before.
	began      time.Time                                  // When the current transaction began; zero between two.
	pace       map[string]int                             // Bytes that a topic takes at once, where a broker has shown that.
	note       func(topic string, partition int32) string // Of the offsets that are committed next.
	failed     error                                      // What ended this session, for every later call.

	published Publishing // By the last Commit.

	guard   rebalanceGuard
	fetch   fetchWarnings
	bounds  bounds
	retries retries
	pauses  pauses

	begunMu sync.Mutex
	begun   map[kadm.Partition]kgo.EpochOffset // Where partitions began that the group had no offset for.

	assignedMu sync.Mutex
	assigned   map[kadm.Partition]PartitionStatus
}

// Open joins the group and, with consumer.ExactlyOnce, ends what a crashed predecessor
// of this instance and worker left open. It tries for
// cfg.ReachTimeout to reach the cluster.
//
// Errors: *kafkaerr.UnreachableError, *kafkaerr.TopicMissingError, an invalid Config, and what
// the cluster refuses. On an error nothing is left running.
func Open(ctx context.Context, cfg Config) (*Session, error) {
	cfg = cfg.withDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("consumer: %w", err)
	}
	cfg.Kafka = kafkaadmin.WithOptions(cfg.Kafka, func() []kgo.Opt { return []kgo.Opt{kgo.ClientID(kafkaadmin.ClientID(cfg.Instance))} })
	reach, err := kafkaadmin.Options(cfg.Kafka)
	if err != nil {
		return nil, err
	}
	s := &Session{
		cfg:      cfg,
		log:      cfg.Logger.With(slog.Int("worker", cfg.Worker)),
		opened:   make(chan struct{}),
		assigned: make(map[kadm.Partition]PartitionStatus),
		pace:     make(map[string]int),
		begun:    make(map[kadm.Partition]kgo.EpochOffset),
		bounds:   bounds{ends: cfg.Ends, positions: make(map[kadm.Partition]int64)},
	}
	s.retries.init(cfg.Retry)
	alive, cut := context.WithCancel(context.WithoutCancel(ctx))
	s.cut = cut
	opts := append(cfg.clientOptions(),
		kgo.WithContext(alive),
		kgo.OnPartitionsAssigned(s.onAssigned),
		kgo.OnPartitionsRevoked(s.onRevoked),
		kgo.OnPartitionsLost(s.onLost),
		kgo.OnPartitionsCallbackBlocked(s.onBlocked),
		kgo.AdjustFetchOffsetsFn(s.startOffsets),
	)
	size := newFetchSize(cfg.fetchBytes(), s.log)
	opts = append(opts, kgo.WithHooks(size))
	opts = append(opts, reach...)
	if failpoint.Enabled {
		opts = append(opts, kgo.WithHooks(offsetsCommitted{}))
	}
	if cfg.Delivery == consumer.ExactlyOnce {
		if s.tx, err = kgo.NewGroupTransactSession(opts...); err == nil {
			s.cl = s.tx.Client()
		}
	} else {
		s.cl, err = kgo.NewClient(opts...)
	}
	if err != nil {
		cut()
		return nil, fmt.Errorf("kafka: create the client: %w", err)
	}
	size.use(s.cl)
	if err := s.prepare(ctx); err != nil {
		s.closeUnopened(ctx, err)
		return nil, err
	}
	close(s.opened)
	return s, nil
}

func (s *Session) prepare(ctx context.Context) error {
	if err := kafkaadmin.Reach(ctx, s.cl, s.cfg.Kafka, s.cfg.ReachTimeout); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.CommitTimeout)
	defer cancel()
	details, err := kafkaadmin.TopicDetails(ctx, kadm.NewClient(s.cl), s.cfg.Kafka, s.cfg.topics())
	if err != nil {
		return err
	}
	s.topicIDs = make(map[string]kadm.TopicID, len(details))
	for topic, detail := range details {
		s.topicIDs[topic] = detail.ID
	}
	if err := s.cfg.recreated(s.topicIDs); err != nil {
		return err
	}
	if s.tx == nil {
		return nil
	}
	if s.cfg.Worker == 0 {
		s.warnOfOldTransactions(ctx)
	}
	if err := s.takeIdentity(ctx); err != nil {
		return s.sessionError(fmt.Sprintf("get a producer for transactional ID %q", s.cfg.identity()), err)
	}
	return nil
}

// Joined reports whether this member is in the group, with or without partitions.
// It is false after the client has lost its membership, until it has joined again.
func (s *Session) Joined() bool {
	id, generation := s.cl.GroupMetadata()
	lost := s.lost.Load()
	return generation >= 0 && (lost == nil || *lost != membership{id, generation})
}

// membership is a member in one generation of its group.
type membership struct {
	id         string
	generation int32
}

// Limit caps the number of records of the following batches. Zero removes the
// cap. Call it from the goroutine that polls.
func (s *Session) Limit(records int) { s.limit = records }

// maxRecords returns how many records Poll waits for, and how many it takes if
// they are already fetched.
func (s *Session) maxRecords() (wait, most int) {
	wait, most = s.cfg.MaxRecords, s.cfg.MaxPollRecords
	if s.limit > 0 {
		wait, most = min(wait, s.limit), min(most, s.limit)
	}
	return wait, most
}

// overtime reports whether the current transaction is older than the brokers
// allow.
func (s *Session) overtime() bool {
	return !s.began.IsZero() && time.Since(s.began) >= s.cfg.TransactionTimeout
}

// Pause stops fetching from every partition, including partitions that are
// assigned later. Poll then returns empty batches, which keeps the membership.
// It is safe for concurrent use.
func (s *Session) Pause() {
	s.cl.PauseFetchTopics(s.cfg.topics()...)
}

// Resume ends a pause. It is safe for concurrent use.
func (s *Session) Resume() {
	s.cl.ResumeFetchTopics(s.cfg.topics()...)
}
