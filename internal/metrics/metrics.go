package metrics

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/resultcache"
	"github.com/loaderline/loaderline/stages"
)

const (
	namespace = "loaderline"

	// A scrape takes milliseconds: these bound what a client that does not read can hold.
	maxScrapes    = 4
	scrapeTimeout = 10 * time.Second
)

// Config says what is measured. Zero values are defaults.
type Config struct {
	// Pipeline is the value of the label that all series of the pipeline have. Required.
	Pipeline string
	// Version is the version in the build information. Defaults to none.
	Version string
	// Stages, Sources and Tiers (of the cache) are the names whose series are there from zero.
	Stages, Sources, Tiers []string
	// Files are the names of the sources that are files. Defaults to none.
	Files []string
	// Served says what the files are served from. It is called at each scrape. Defaults to zeros.
	Served func() map[string]lookupext.Served
	// Tables are the names of the sources that are topics. Defaults to none.
	Tables []string
	// TableStatus says how far these have been read. It is called at each scrape. Defaults to zeros.
	TableStatus func() map[string]lookupext.TableStatus
	// Status says what the workers are doing. It is called at each scrape. Defaults to no workers.
	Status func() []loaderline.WorkerStatus
	// Cache says what happened in the cache. It is called at each scrape. Defaults to zeros.
	Cache func() resultcache.Stats
	// Reused says how many events were given what one before was. It is called at each scrape. Defaults to zero.
	Reused func() uint64
	// SourceStats says how the limits of each source have worked. It is called at each scrape. Defaults to zeros.
	SourceStats func() map[string]stages.BackendStats
	// Changes says what is known of invalidations. Defaults to zeros, and no topics.
	Changes Changes
	// Disk says what happened in the cache on disk. It is called at each scrape. Defaults to zeros.
	Disk func() cachetier.DiskStats
	// Backlog is how far the group is behind. Defaults to no metrics of that.
	Backlog Backlog
	// Logger receives errors of scrapes. Defaults to none.
	Logger *slog.Logger
}

// Metrics are the metrics of one pipeline, in their own registry. It is safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	log      *slog.Logger
	outcomes *outcomes
	work     *work
	calls    *calls
}

// New makes metrics that are zero.
func New(cfg Config) *Metrics {
	if cfg.Status == nil {
		cfg.Status = func() []loaderline.WorkerStatus { return nil }
	}
	if cfg.Cache == nil {
		cfg.Cache = func() resultcache.Stats { return resultcache.Stats{} }
	}
	if cfg.Reused == nil {
		cfg.Reused = func() uint64 { return 0 }
	}
	if cfg.SourceStats == nil {
		cfg.SourceStats = func() map[string]stages.BackendStats { return nil }
	}
	if cfg.Served == nil {
		cfg.Served = func() map[string]lookupext.Served { return nil }
	}
	if cfg.TableStatus == nil {
		cfg.TableStatus = func() map[string]lookupext.TableStatus { return nil }
	}
	if cfg.Disk == nil {
		cfg.Disk = func() cachetier.DiskStats { return cachetier.DiskStats{} }
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	m := &Metrics{
		registry: prometheus.NewPedanticRegistry(), log: cfg.Logger,
		outcomes: newOutcomes(cfg.Stages), work: newWork(cfg.Stages, cfg.Tiers), calls: newCalls(cfg.Sources),
	}
	m.registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	of := prometheus.WrapRegistererWith(prometheus.Labels{"pipeline": cfg.Pipeline}, m.registry)
	of.MustRegister(m.outcomes.all()...)
	of.MustRegister(m.work.all()...)
	of.MustRegister(m.calls.all()...)
	of.MustRegister(newWorkers(cfg.Status), newCacheStats(cfg.Cache), newReused(cfg.Reused), newTiers(cfg.Tiers, cfg.Cache), newDiskStats(cfg.Disk))
	of.MustRegister(newLimits(cfg.Sources, cfg.SourceStats), newChanges(cfg.Changes, cfg.Stages), buildInfo(cfg.Version))
	if len(cfg.Files) > 0 {
		of.MustRegister(newFiles(cfg.Files, cfg.Served))
	}
	if len(cfg.Tables) > 0 {
		of.MustRegister(newTables(cfg.Tables, cfg.TableStatus))
	}
	if cfg.Backlog != nil {
		of.MustRegister(newLag(cfg.Backlog))
	}
	return m
}

// Commit counts a micro-batch that was committed.
func (m *Metrics) Commit(t loaderline.Tally) {
	m.outcomes.commit(t, time.Now())
	m.work.commit(t)
}

// Abort counts a micro-batch that was not committed and will be polled again.
func (m *Metrics) Abort(why string) { m.outcomes.abort(why) }

// Call counts a call of a source, whatever became of its micro-batch.
func (m *Metrics) Call(source string, took time.Duration, err error) {
	m.calls.observe(source, took, err)
}

// Gatherer gives the metrics as they are.
func (m *Metrics) Gatherer() prometheus.Gatherer { return m.registry }

// Handler serves scrapes, in the format that is asked for. It leaves out and logs what cannot be gathered.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorLog:            slog.NewLogLogger(m.log.Handler(), slog.LevelWarn),
		ErrorHandling:       promhttp.ContinueOnError,
		MaxRequestsInFlight: maxScrapes,
		Timeout:             scrapeTimeout,
	})
}
