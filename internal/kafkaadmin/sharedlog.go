package kafkaadmin

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
)

// startCommitWarning begins what the client warns of when start offsets are
// committed: that is done before it keeps books of the partitions' offsets.
const startCommitWarning = "received an OffsetCommitResponse after our group session has ended"

// clientLogger brings the Kafka client's own log to an slog.Logger, one level
// down: the client writes several info lines for each transaction and calls
// errors what it retries itself. A warning that is repeated within a minute, or
// comes while no broker answers, is for debugging.
type clientLogger struct {
	log    *slog.Logger
	shared *SharedLog
}

// SharedLog is what the logs of several clients of one process have in common:
// what their client libraries all warn of is logged once, and so is that no
// broker can be reached by any of them, and that one can again. It is safe for
// concurrent use. The zero value shares nothing.
type SharedLog struct {
	warned  warnings
	outages *outages // nil where nobody looks for them.
}

// ShareLog returns k for several clients that log as one.
func ShareLog(k consumer.Kafka) (consumer.Kafka, *SharedLog) {
	shared := &SharedLog{outages: newOutages(loggerOf(k), brokersOf(k))}
	return WithOptions(k, func() []kgo.Opt {
		return []kgo.Opt{kgo.WithLogger(clientLogger{log: loggerOf(k), shared: shared}), kgo.WithHooks(shared.outages)}
	}), shared
}

// Unreachable reports whether no broker can be reached, which the log says once.
func (l *SharedLog) Unreachable() bool { return l != nil && l.outages.ongoing() }

// warnEvery is how often one warning is repeated: an outage of a broker makes
// the client say the same dozens of times a second.
const warnEvery = time.Minute

// warnings are the warnings that were logged lately.
type warnings struct {
	mu   sync.Mutex
	last map[string]time.Time
}

// due reports whether a warning is to be logged now, as a warning.
func (w *warnings) due(msg string, now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if last, ok := w.last[msg]; ok && now.Sub(last) < warnEvery {
		return false
	}
	if w.last == nil {
		w.last = make(map[string]time.Time)
	}
	w.last[msg] = now
	return true
}

// Level implements kgo.Logger.
func (l clientLogger) Level() kgo.LogLevel {
	if l.log.Enabled(context.Background(), slog.LevelDebug) {
		return kgo.LogLevelInfo
	}
	return kgo.LogLevelWarn
}

// Log implements kgo.Logger.
func (l clientLogger) Log(level kgo.LogLevel, msg string, keyvals ...any) {
	to := slog.LevelDebug
	if level <= kgo.LogLevelWarn && !strings.HasPrefix(msg, startCommitWarning) && !l.shared.outages.ongoing() && l.shared.warned.due(msg, time.Now()) {
		to = slog.LevelWarn
	}
	l.log.Log(context.Background(), to, "kafka client", append([]any{slog.String("detail", msg)}, keyvals...)...)
}
