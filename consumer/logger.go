package consumer

import (
	"context"
	"log/slog"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"
)

// startCommitWarning begins what the client warns of when start offsets are
// committed: that is done before it keeps books of the partitions' offsets.
const startCommitWarning = "received an OffsetCommitResponse after our group session has ended"

// clientLogger brings the Kafka client's own log to an slog.Logger, one level
// down: the client writes several info lines for each transaction and calls
// errors what it retries itself.
type clientLogger struct {
	log *slog.Logger
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
	if level <= kgo.LogLevelWarn && !strings.HasPrefix(msg, startCommitWarning) {
		to = slog.LevelWarn
	}
	l.log.Log(context.Background(), to, "kafka client", append([]any{slog.String("detail", msg)}, keyvals...)...)
}
