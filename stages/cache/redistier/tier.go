package redistier

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/internal/redisconn"
	"github.com/loaderline/loaderline/stages/cache"
)

const (
	// grace is how long a tombstone keeps out what was loaded before it. All processes that share a tier must agree on it.
	grace = time.Minute
	// clusterMargin is by how much the clocks of a cluster's servers may differ.
	clusterMargin = time.Second
	// countLife is how long Redis keeps the count of a process that has ended.
	countLife = 24 * time.Hour
)

var (
	// errAway says that Redis cannot be reached now. It is tried in the background.
	errAway = errors.New("redis is away")
	// errClosed says that the tier was closed.
	errClosed = errors.New("the cache tier is closed")
)

// tier is a cachetier.Remote in Redis. It is safe for concurrent use. open makes it.
type tier struct {
	cfg     Config
	client  *redisconn.Client
	db      redis.UniversalClient // of client
	scripts scripts
	clock   clock
	grace   time.Duration

	floorsKey, countKey, positionsKey string

	// counted is how many invalidations of this process Redis has acknowledged.
	counted atomic.Int64

	mu     sync.Mutex
	away   bool // Redis is neither asked nor believed.
	closed bool
	since  time.Time // when away last changed
	reason string    // why Redis is away, once it is logged
	untold untold    // told before away ends

	full sync.Once          // logs that Redis has no memory left
	gone chan time.Duration // receives when away begins how long Redis was there
	stop context.CancelFunc
	done chan struct{} // closed when the goroutine behind the tier has ended
}

var _ cachetier.Remote = (*tier)(nil)

// Open returns a tier in Redis and starts to connect. It returns an error only if cfg is wrong, and joins all mistakes. If Redis
// does not answer, the tier is empty until it does. The tier continues after ctx has ended; the caller closes it.
func Open(ctx context.Context, cfg Config) (cache.Tier, error) {
	t, err := open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	return cachetier.Seal(t), nil
}

func open(ctx context.Context, cfg Config) (*tier, error) {
	cfg = cfg.withDefaults()
	client, err := cfg.open()
	if err != nil {
		return nil, err
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	t := &tier{
		cfg: cfg, client: client, db: client.Redis(), scripts: newScripts(), grace: grace,
		// One slot of a cluster, so that one script can use the first two.
		floorsKey:    "{" + cfg.Prefix + "}:floors",
		countKey:     "{" + cfg.Prefix + "}:count:" + rand.Text(),
		positionsKey: "{" + cfg.Prefix + "}:positions",
		away:         true, since: time.Now(),
		gone: make(chan time.Duration, 1), stop: stop, done: make(chan struct{}),
	}
	if cfg.Redis.Cluster {
		t.clock.margin = clusterMargin
	}
	if err := t.attach(ctx); err != nil {
		t.gone <- 0
	}
	go t.tend(running)
	return t, nil
}

// Name is "redis".
func (t *tier) Name() string { return "redis" }

// Ping asks whether Redis answers and lets the tier do what it needs. Its error is for the operator: it names the addresses
// and no credentials, and is classified (see stages.ClassOf).
func (t *tier) Ping(ctx context.Context) error {
	err := t.load(ctx)
	if err == nil {
		err = t.apply(ctx, untold{})
	}
	if err != nil {
		return fmt.Errorf("%v: %w", redisconn.Config(t.cfg.Redis), err)
	}
	return nil
}

// Close ends the tier and its connections. Invalidations that Redis has not heard of are forgotten; no position was
// saved beyond them.
func (t *tier) Close() error {
	t.mu.Lock()
	t.closed, t.away = true, true
	t.mu.Unlock()
	t.stop()
	err := t.client.Close()
	<-t.done
	return err
}

// present reports whether Redis can be asked.
func (t *tier) present() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return !t.away
}

// field names a space, in keys and among the floors.
func field(space string) string {
	sum := sha256.Sum256([]byte(space))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// keyspace begins the keys of a space.
func (t *tier) keyspace(space string) string { return t.cfg.Prefix + ":" + field(space) + ":" }
