package session_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/sasl/plain"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/kafkaerr"
	"github.com/loaderline/loaderline/internal/session"
)

const canary = "canary-4711"

const newPassword = "the-new-password"

// secured is a cluster that wants its clients to authenticate again all the time.
func secured(t *testing.T) (w *world, cfg session.Config) {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "in", "out"), kfake.EnableSASL(),
		kfake.Superuser("PLAIN", "admin", "admin"), kfake.Superuser("SCRAM-SHA-256", "u", canary),
		kfake.GroupMinSessionTimeout(100*time.Millisecond),
		kfake.BrokerConfigs(map[string]string{"group.initial.rebalance.delay.ms": "0", "connections.max.reauth.ms": "1200"}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	w = &world{t: t, cluster: cluster, brokers: cluster.ListenAddrs()}
	w.cl, err = kgo.NewClient(kgo.SeedBrokers(w.brokers...), kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.SASL(plain.Auth{User: "admin", Pass: "admin"}.AsMechanism()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.cl.Close)
	w.admin = kadm.NewClient(w.cl)
	cfg = w.config()
	cfg.SASL = consumer.SASL{Mechanism: "SCRAM-SHA-256", Username: "u", Password: canary}
	cfg.SessionTimeout = time.Second // Heartbeats come five times as often.
	return w, cfg
}

// refuseLogins makes the cluster accept no password, as Kafka does after a
// change. kfake itself hangs up.
func (w *world) refuseLogins() {
	w.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.SASLAuthenticate}, Err: kerr.SaslAuthenticationFailed, TopLevel: true, Count: -1})
}

// rotate changes the user's password in the cluster.
func (w *world) rotate() {
	w.t.Helper()
	answers, err := w.admin.AlterUserSCRAMs(w.t.Context(), nil, []kadm.UpsertSCRAM{
		{User: "u", Mechanism: kadm.ScramSha256, Iterations: 4096, Password: newPassword},
	})
	if err := errors.Join(err, answers.Error()); err != nil {
		w.t.Fatal(err)
	}
}

// A password that is changed while nothing is consumed ends the session: a new process has the new one.
func TestPasswordIsChangedWhileIdle(t *testing.T) {
	t.Parallel()
	for _, delivery := range deliveries() {
		t.Run(delivery.String(), func(t *testing.T) {
			t.Parallel()
			w, cfg := secured(t)
			cfg.Delivery = delivery
			s := w.open(cfg)
			w.pollUntil(s, s.Joined)
			w.refuseLogins()
			err := pollError(t, s)
			if !errors.Is(err, kerr.SaslAuthenticationFailed) || session.Recoverable(err) || strings.Contains(err.Error(), canary) {
				t.Errorf("got %v", err)
			}
			if s.Joined() {
				t.Error("it says that it is a member")
			}
		})
	}
}

// If the password is read again, the session continues and gets its records.
func TestPasswordIsReadAnew(t *testing.T) {
	t.Parallel()
	w, cfg := secured(t)
	var current atomic.Pointer[consumer.Secret]
	before, after := consumer.Secret(canary), consumer.Secret(newPassword)
	current.Store(&before)
	cfg.SASL.Password = ""
	cfg.SASL.CurrentPassword = func() (consumer.Secret, error) { return *current.Load(), nil }
	s := w.open(cfg)
	w.pollUntil(s, s.Joined)
	current.Store(&after)
	w.rotate()
	logins := w.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.SASLAuthenticate}, Observe: true, Count: -1})
	if err := logins.Wait(t.Context(), 4); err != nil { // Two of two steps.
		t.Fatal(err)
	}
	w.publish(0, 3, 1)
	commit(t, s, echo(poll(t, s)))
	if !s.Joined() {
		t.Error("it says that it is no member")
	}
}

// An error that waiting does not fix ends the session even if nothing is
// consumed, whichever request finds it.
func TestFinalErrorsWhileIdle(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]kfake.Fault{
		"group denied":      {Keys: []kmsg.Key{kmsg.Heartbeat}, Err: kerr.GroupAuthorizationFailed, TopLevel: true},
		"topic denied":      {Keys: []kmsg.Key{kmsg.Fetch}, Err: kerr.TopicAuthorizationFailed},
		"topic not shown":   {Keys: []kmsg.Key{kmsg.Metadata}, Topic: "in", Err: kerr.TopicAuthorizationFailed},
		"login in a group":  {Keys: []kmsg.Key{kmsg.Heartbeat}, Err: kerr.SaslAuthenticationFailed, TopLevel: true},
		"login at a broker": {Keys: []kmsg.Key{kmsg.Fetch}, Err: kerr.SaslAuthenticationFailed},
		"version":           {Keys: []kmsg.Key{kmsg.Heartbeat}, Err: kerr.UnsupportedVersion, TopLevel: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 1)
			cfg := w.config()
			cfg.SessionTimeout = time.Second
			cfg.Opts = func() []kgo.Opt { return []kgo.Opt{kgo.MetadataMaxAge(600 * time.Millisecond)} }
			s := w.open(cfg)
			w.pollUntil(s, s.Joined)
			fault.Count = -1
			w.cluster.Fault(fault)
			if err := pollError(t, s); !errors.Is(err, fault.Err) || session.Recoverable(err) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// A member that lost its partitions is no member until it has joined again.
func TestJoinedEndsWithTheMembership(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	cfg := w.config()
	cfg.SessionTimeout = time.Second
	s := w.open(cfg)
	w.pollUntil(s, s.Joined)
	refused := w.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.JoinGroup}, Err: kerr.CoordinatorNotAvailable, TopLevel: true, Count: -1})
	w.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Heartbeat}, Err: kerr.UnknownServerError, TopLevel: true})
	w.pollUntil(s, func() bool { return !s.Joined() })
	refused.Remove()
	w.pollUntil(s, s.Joined)
}

// pollUntil polls an empty topic until a condition holds.
func (w *world) pollUntil(s *session.Session, holds func() bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	for !holds() {
		if _, err := s.Poll(ctx); err != nil {
			w.t.Fatal(err)
		}
	}
}

// A member that joins the group notices when retention has removed what waits
// in a retry topic. The error is final there too.
func TestRetryTopicOutOfRangeIsFatal(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, kfake.SeedTopics(1, "in", "out", "later"))
	for range 3 {
		if err := w.cl.ProduceSync(t.Context(), &kgo.Record{Topic: "later", Key: []byte("k")}).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.admin.CommitAllOffsets(t.Context(), "g", at("later", 1)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.admin.DeleteRecords(t.Context(), at("later", 2)); err != nil {
		t.Fatal(err)
	}
	cfg := w.config()
	cfg.Retry = session.Retry{Topics: []string{"later"}, Due: func(*kgo.Record) time.Time { return time.Time{} }}
	err := pollError(t, w.open(cfg))
	if _, ok := errors.AsType[*kafkaerr.FetchError](err); !ok || !errors.Is(err, kerr.OffsetOutOfRange) || session.Recoverable(err) {
		t.Errorf("got %v", err)
	}
}
