package main

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"syscall"

	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/admin"
	"github.com/loaderline/loaderline/internal/invalidation"
	"github.com/loaderline/loaderline/internal/metrics"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/stages/cache"
)

// observed is a run as it is seen from outside: its metrics, its health, and the HTTP server for both.
type observed struct {
	metrics *metrics.Metrics
	health  *admin.Health
	lag     *metrics.Lag
	// clientID tells the members of the group that are this process's from others.
	clientID string
	// What the run is made of is there only once it has begun.
	open        atomic.Pointer[pipeline.Pipeline]
	line        atomic.Pointer[loaderline.Pipeline[pipeline.Document]]
	invalidator atomic.Pointer[invalidation.Invalidator]
	reader      atomic.Pointer[invalidation.Reader]
	// served are the goroutines behind it, and stop ends them.
	served *errgroup.Group
	stop   context.CancelFunc
}

// observe begins to observe a run. The server answers from now on, also while the run waits for what it needs, until
// close. An address that cannot be listened to is a mistake in the file.
func observe(ctx context.Context, l *loaded, instance string) (*observed, error) {
	file := l.layout.File
	o := &observed{served: &errgroup.Group{}, clientID: "loaderline-" + instance}
	o.health = admin.NewHealth(o.status)
	kafka := l.kafka
	kafka.Logger = nil // The sessions say what is wrong with Kafka.
	o.lag = metrics.NewLag(metrics.LagConfig{Kafka: kafka, Group: file.Input.Group, ClientID: o.clientID, Status: o.status, Logger: l.log})
	o.metrics = metrics.New(metrics.Config{
		Pipeline: file.Name, Version: loaderline.Version, Stages: names(file.Stages, func(s pipelinefile.Stage) string { return s.Name }),
		Sources: names(file.Sources, func(s pipelinefile.Source) string { return s.Name }),
		Status:  o.status, Cache: o.cacheStats, Changes: o.changes(file.Cache.Invalidate), Lag: o.lag, Logger: l.log,
	})
	serving, stop := context.WithCancel(context.WithoutCancel(ctx)) // A drain is observed too.
	o.stop = stop
	if file.HTTP.Listen == "" {
		return o, nil
	}
	server, err := admin.Listen(ctx, admin.Config{
		Listen: file.HTTP.Listen, Token: file.HTTP.Token.Reveal(), Metrics: o.metrics.Handler(), Health: o.health,
		Invalidate: o.invalidate(l), Logger: l.log,
	})
	if err != nil {
		stop()
		if errors.Is(err, syscall.EADDRINUSE) {
			which := ""
			if file.HTTP.Listen == pipelinefile.DefaultListen {
				which = ", the default,"
			}
			return nil, file.Errorf("http.listen", "%s%s is taken by another program; choose another port, 127.0.0.1:0 for any that is free, or \"\" for no HTTP", file.HTTP.Listen, which)
		}
		return nil, file.Errorf("http.listen", "%v", err)
	}
	l.log.LogAttrs(ctx, slog.LevelInfo, "http listening", slog.String("address", server.Addr()))
	o.served.Go(func() error { return server.Serve(serving) })
	o.served.Go(func() error { return o.lag.Run(serving) })
	return o, nil
}

// opened notes that the sources were reached.
func (o *observed) opened(l *loaded, open *pipeline.Pipeline) {
	o.open.Store(open)
	o.invalidator.Store(open.Invalidator(l.layout, l.log))
	o.health.Reached()
	open.Config.OnAbort = o.metrics.Abort
	open.Config.Consumer.Opts = append(open.Config.Consumer.Opts, kgo.ClientID(o.clientID))
}

// running notes that the pipeline is about to run.
func (o *observed) running(line *loaderline.Pipeline[pipeline.Document]) { o.line.Store(line) }

// close ends the server.
func (o *observed) close() error {
	o.stop()
	return o.served.Wait()
}

func (o *observed) status() []loaderline.WorkerStatus {
	if line := o.line.Load(); line != nil {
		return line.Status()
	}
	return nil
}

func (o *observed) cacheStats() cache.Stats {
	if open := o.open.Load(); open != nil {
		return open.CacheStats()
	}
	return cache.Stats{}
}

func names[T any](of []T, name func(T) string) []string {
	all := make([]string, len(of))
	for i, v := range of {
		all[i] = name(v)
	}
	return all
}
