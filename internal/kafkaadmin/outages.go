package kafkaadmin

import (
	"context"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/kafkaerr"
	"github.com/loaderline/loaderline/internal/logattr"
)

const (
	// outageAfter is how long all brokers must be unreachable before this is logged. A failover to another broker is
	// not worth a line.
	outageAfter = time.Second
	// answerHolds is how long a broker that answered counts as reachable. Members
	// of a group hear from one more often.
	answerHolds = 5 * time.Second
)

// outages logs when no broker can be reached by any of several clients, and
// when one can again. It is safe for concurrent use.
type outages struct {
	log     *slog.Logger
	brokers []string

	mu       sync.Mutex
	answered map[string]time.Time // When a broker last did, by address; without brokers that failed since.
	since    time.Time            // When the first failed after all others had; zero otherwise.
	logged   bool
}

func newOutages(log *slog.Logger, brokers []string) *outages {
	return &outages{log: log, brokers: brokers, answered: make(map[string]time.Time)}
}

// ongoing reports whether no broker responds, so that other messages about it can be left out. On nil it returns false.
func (o *outages) ongoing() bool {
	if o == nil {
		return false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return !o.since.IsZero()
}

// OnBrokerConnect implements kgo.HookBrokerConnect. A connection without an
// error has gone through the login.
func (o *outages) OnBrokerConnect(broker kgo.BrokerMetadata, _ time.Duration, _ net.Conn, err error) {
	o.note(broker, err)
}

// OnBrokerE2E implements kgo.HookBrokerE2E: a request was answered, or failed.
func (o *outages) OnBrokerE2E(broker kgo.BrokerMetadata, _ int16, e2e kgo.BrokerE2E) {
	o.note(broker, e2e.Err())
}

func (o *outages) note(broker kgo.BrokerMetadata, err error) {
	if kafkaerr.IsAny(err, context.Canceled, kgo.ErrClientClosed, net.ErrClosed) {
		return // A client that is closed says nothing about Kafka.
	}
	address := net.JoinHostPort(broker.Host, strconv.Itoa(int(broker.Port)))
	now := time.Now()
	o.mu.Lock()
	defer o.mu.Unlock()
	if err == nil {
		o.answered[address] = now
		o.reached(now)
		return
	}
	delete(o.answered, address)
	for _, at := range o.answered {
		if now.Sub(at) < answerHolds {
			return
		}
	}
	o.failed(now, err)
}

func (o *outages) reached(now time.Time) {
	if o.logged {
		o.log.LogAttrs(context.Background(), slog.LevelInfo, "Kafka is reachable again",
			logattr.Seconds("after_seconds", now.Sub(o.since).Round(100*time.Millisecond)))
	}
	o.since, o.logged = time.Time{}, false
}

func (o *outages) failed(now time.Time, err error) {
	if o.since.IsZero() {
		o.since = now
	}
	if o.logged || now.Sub(o.since) < outageAfter {
		return
	}
	o.logged = true
	o.log.LogAttrs(context.Background(), slog.LevelWarn, "Kafka is not reachable, waiting for it",
		slog.Any("brokers", o.brokers), slog.Any("error", err))
}
