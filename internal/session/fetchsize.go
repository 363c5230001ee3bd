package session

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/loaderline/loaderline/internal/logattr"
)

const (
	// leastFetchBytes is the least that a fetch asks for. A broker sends one batch
	// at least, whatever its size.
	leastFetchBytes = 16 << 10
	// quickRead is how soon an answer must have come for the next fetch to ask for
	// more. The client gives up an answer after about ten seconds.
	quickRead = 2 * time.Second
)

// fetchSize finds how many bytes a fetch may ask for on a slow network to the
// brokers. Without it the client gives up an answer that does not come in time,
// and asks for all of it again, for ever. It is a hook of the client, which
// calls it from several goroutines.
type fetchSize struct {
	most int32
	log  *slog.Logger

	mu     sync.Mutex
	now    int32
	update func(most, ofPartition int32) // nil before there is a client.
}

func newFetchSize(most int32, log *slog.Logger) *fetchSize {
	return &fetchSize{most: most, now: most, log: log}
}

// use applies the size to a client.
func (f *fetchSize) use(cl *kgo.Client) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.update = cl.UpdateFetchMaxBytes
}

// OnBrokerRead implements kgo.HookBrokerRead.
func (f *fetchSize) OnBrokerRead(_ kgo.BrokerMetadata, key int16, read int, _, took time.Duration, err error) {
	if key != int16(kmsg.Fetch) {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	next := f.now
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded) && read > 0:
		next = max(min(f.now/4, int32(read/2)), leastFetchBytes)
	case err == nil && took < quickRead && f.now < f.most && read >= int(f.now)/2:
		next = min(2*f.now, f.most)
	}
	if next == f.now || f.update == nil {
		return
	}
	if f.now == f.most {
		f.log.LogAttrs(context.Background(), slog.LevelWarn, "the brokers respond slowly, fetching less at once",
			slog.Int("bytes_read", read), logattr.Seconds("seconds", took), slog.Int("fetch_bytes", int(next)))
	}
	f.now = next
	f.update(next, min(next, partitionFetchBytes))
}
