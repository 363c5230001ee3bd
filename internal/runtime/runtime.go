package runtime

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/admin"
	"github.com/loaderline/loaderline/internal/backlog"
	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/internal/figures"
	"github.com/loaderline/loaderline/internal/invalidation"
	"github.com/loaderline/loaderline/internal/jsonenrich"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/metrics"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/resultcache"
	"github.com/loaderline/loaderline/internal/verdict"
	"github.com/loaderline/loaderline/stages"
)

// Config says which run is observed. Zero values are defaults where a field says so.
type Config struct {
	// File is the run's pipeline file. Required.
	File *pipelinefile.File
	// Kafka says how its cluster is reached, for the lag.
	Kafka consumer.Kafka
	// Instance tells the run from others of the group. Required.
	Instance string
	// Listen is the address for HTTP, as host:port. Port 0 takes a free one. Defaults to none.
	Listen string
	// Logger receives the log. Defaults to none.
	Logger *slog.Logger
}

// Run is a run as it is seen from outside. Its methods are safe for concurrent use.
type Run struct {
	metrics *metrics.Metrics
	health  *admin.Health
	backlog *backlog.Watch
	addr    string
	// instance tells the members of the group that are this run's from others.
	instance string
	// What the run is made of is there only once it has begun.
	open        atomic.Pointer[pipeline.Pipeline]
	disk        atomic.Pointer[cachetier.Disk]
	line        atomic.Pointer[loaderline.Pipeline[jsonenrich.Document]]
	invalidator atomic.Pointer[invalidation.Invalidator]
	reader      atomic.Pointer[invalidation.Reader]
	following   atomic.Pointer[func() string] // for what reader waits
	log         *slog.Logger
	away        away
	tables      tables
	dead        deadLetters
	figures     *figures.Figures
	// closing says that the cache is being closed. It is held for reading while something is invalidated.
	closing struct {
		sync.RWMutex

		now bool
	}
	// served are the goroutines behind it, and stop ends them.
	served errgroup.Group
	stop   context.CancelFunc
}

// Start begins to observe. The server runs from now on until Close, also while the run waits for what it needs. An
// address that cannot be listened to is an error.
func Start(ctx context.Context, cfg Config) (*Run, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	file := cfg.File
	r := &Run{instance: cfg.Instance, log: cfg.Logger, dead: deadLetters{log: cfg.Logger, topic: file.DeadLetter.Topic}}
	r.health = admin.NewHealth(r.status)
	r.health.Wait(r.waiting)
	r.health.Retry(r.retries(file))
	kafka := cfg.Kafka
	kafka.Logger = nil // The sessions say what is wrong with Kafka.
	r.backlog = backlog.New(backlog.Config{
		Kafka: kafka, Group: file.Input.Group, Topics: file.Consumed(), ClientID: kafkaadmin.ClientID(cfg.Instance),
		Status: r.status, Logger: cfg.Logger,
	})
	r.health.Watch(r.backlog.Stalled)
	stageNames := names(file.Stages, func(s pipelinefile.Stage) string { return s.Name })
	r.figures = figures.New(stageNames, file.Cache.Tiers(), r.rateWaits)
	r.metrics = metrics.New(metrics.Config{
		Pipeline: file.Name, Version: loaderline.Version, Stages: stageNames,
		Sources: names(file.Sources, func(s pipelinefile.Source) string { return s.Name }),
		Tiers:   file.Cache.Tiers(), Files: files(file), Served: r.servedFiles, Tables: tableSources(file), TableStatus: r.tables.status,
		Status: r.status, Cache: r.cacheStats, Reused: r.reused, SourceStats: r.sourceStats, Disk: r.diskStats, Changes: r.changes(file.Cache.Invalidate), Backlog: r.backlog, Logger: cfg.Logger,
	})
	serving, stop := context.WithCancel(context.WithoutCancel(ctx)) // A drain is observed too.
	r.stop = stop
	if cfg.Listen == "" {
		return r, nil
	}
	server, err := admin.Listen(ctx, admin.Config{
		Listen: cfg.Listen, Pipeline: file.Name, Token: file.HTTP.Token.Reveal(), Metrics: r.metrics.Handler(), Health: r.health,
		Status: r.says(file), Invalidate: r.invalidate(cfg), Logger: cfg.Logger,
	})
	if err != nil {
		stop()
		return nil, err
	}
	r.addr = server.Addr()
	cfg.Logger.LogAttrs(ctx, slog.LevelInfo, "http listening", slog.String("address", r.addr))
	r.served.Go(func() error { return server.Serve(serving) })
	r.served.Go(func() error { return r.backlog.Run(serving) })
	r.served.Go(func() error { r.logStalls(serving); return nil })
	return r, nil
}

// Addr is the address of the server, with its port; empty where there is none.
func (r *Run) Addr() string { return r.addr }

// Call notes a call of a source.
func (r *Run) Call(source string, took time.Duration, err error) { r.metrics.Call(source, took, err) }

// Commit notes a micro-batch that was committed.
func (r *Run) Commit(tally loaderline.Tally) {
	r.metrics.Commit(tally)
	r.figures.Add(tally)
	r.dead.add(tally.DeadLetters)
}

// Opened notes that the sources were reached, and has the pipeline that is about to be made report to r.
func (r *Run) Opened(layout *pipeline.Layout, open *pipeline.Pipeline) {
	r.open.Store(open)
	r.invalidator.Store(open.Invalidator(layout, r.log))
	r.health.Reached()
	r.closing.Lock()
	r.closing.now = false
	r.closing.Unlock()
	open.Config.OnAbort = r.metrics.Abort
	open.Config.Consumer.Instance = r.instance
}

// Running notes that the pipeline is about to run.
func (r *Run) Running(line *loaderline.Pipeline[jsonenrich.Document]) { r.line.Store(line) }

// Stopped notes that no more is committed, and logs the dead letters that were not logged yet.
func (r *Run) Stopped() { r.dead.close() }

// Drain notes that the run is ending.
func (r *Run) Drain() { r.health.Drain() }

// Close ends the server.
func (r *Run) Close() error {
	r.Stopped()
	r.stop()
	return r.served.Wait()
}

func (r *Run) status() []loaderline.WorkerStatus {
	if line := r.line.Load(); line != nil {
		return line.Status()
	}
	return nil
}

// says is what the run says of itself over HTTP.
func (r *Run) says(file *pipelinefile.File) func() admin.Status {
	return func() admin.Status {
		facts := r.facts(file)
		s := admin.Status{
			Pipeline: file.Name, Instance: r.instance, Workers: []admin.Worker{}, Sources: r.sources(file),
			Verdict: verdict.Of(&facts), LastMinute: facts.LastMinute, Stalled: facts.Stall,
		}
		for _, w := range facts.Workers {
			worker := admin.Worker{Worker: w.Worker, Joined: w.Joined, Paused: w.Paused, LastActive: w.LastActive, SlowBytes: w.SlowBytes, Assigned: map[string][]int32{}}
			for _, p := range w.Partitions {
				worker.Assigned[p.Topic] = append(worker.Assigned[p.Topic], p.Partition)
			}
			s.Workers = append(s.Workers, worker)
		}
		if waiting, due := backlog.Retries(facts.Lags); waiting > 0 {
			s.Retries = &admin.Retries{Waiting: waiting, NextDue: due}
		}
		return s
	}
}

func (r *Run) cacheStats() resultcache.Stats {
	if open := r.open.Load(); open != nil {
		return open.CacheStats()
	}
	return resultcache.Stats{}
}

func (r *Run) reused() uint64 {
	if open := r.open.Load(); open != nil {
		return open.Reused()
	}
	return 0
}

func (r *Run) sourceStats() map[string]stages.BackendStats {
	if open := r.open.Load(); open != nil {
		return open.SourceStats()
	}
	return nil
}

// files returns the names of the sources that are files.
func files(file *pipelinefile.File) []string {
	var all []string
	for _, s := range file.Sources {
		if s.File != nil {
			all = append(all, s.Name)
		}
	}
	return all
}

func (r *Run) servedFiles() map[string]lookupext.Served {
	if open := r.open.Load(); open != nil {
		return open.Served()
	}
	return nil
}

// Disk says which cache on disk the run has.
func (r *Run) Disk(disk cachetier.Disk) { r.disk.Store(&disk) }

func (r *Run) diskStats() cachetier.DiskStats {
	if disk := r.disk.Load(); disk != nil {
		return (*disk).Stats()
	}
	return cachetier.DiskStats{}
}

func names[T any](of []T, name func(T) string) []string {
	all := make([]string, len(of))
	for i, v := range of {
		all[i] = name(v)
	}
	return all
}
