package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"

	automemlimit "github.com/KimMachineGun/automemlimit/memlimit"
	"github.com/spf13/cobra"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/instance"
	"github.com/loaderline/loaderline/internal/logattr"
	"github.com/loaderline/loaderline/internal/memlimit"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/runtime"
	"github.com/loaderline/loaderline/internal/strictyaml"
)

// runFlags are the flags of run.
type runFlags struct {
	ignoreLimit, strictStart bool
	cpuProfile               string
}

func newRun(c *console.Console) *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run PIPELINE",
		Short: "Run a pipeline until it is stopped",
		Long: `Run a pipeline until SIGINT, SIGTERM or SIGHUP. It then finishes the micro-batches in progress within
shutdown.timeout, commits them and exits 0. A second signal exits at once. Logs go to stderr, as text on a terminal
and as JSON elsewhere; the last line says why a run failed.

If a source is not reachable at start, the run waits for it, or with --strict-start for ten seconds only. It starts
without the source if on_outage of all its stages is degrade or dead_letter.

A run serves /metrics, /healthz and /readyz at http.listen, by default 127.0.0.1:8080. Several processes on a host
need one port each: set it to 127.0.0.1:0 for any free port, or to "" for none.

Several processes may run one pipeline and share its work. Each needs its own instance. The default is the host name,
with a number if another process on this host uses it. If GOMEMLIMIT is not set, it becomes 90 % of the container's
memory limit.

--cpu-profile records where the process spends its CPU time, from start to end, and writes the profile at the end.
Show it with go tool pprof. A second signal leaves no profile.`,
		Example: `  loaderline run pipeline.yaml
  SHOP_DSN=postgres://reader@db/shop loaderline run pipeline.yaml`,
		Args: onePipeline(0),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runPipeline(cmd.Context(), c, args[0], f)
		},
	}
	cmd.Flags().BoolVar(&f.ignoreLimit, "ignore-dead-letter-limit", false, "do not stop however many events become dead letters, and reset their count")
	cmd.Flags().BoolVar(&f.strictStart, "strict-start", false, "exit with code 3 if a source is not reachable, instead of waiting for it")
	cmd.Flags().StringVar(&f.cpuProfile, "cpu-profile", "", "`file` to write a CPU profile of the run to")
	return cmd
}

func runPipeline(ctx context.Context, c *console.Console, path string, f runFlags) error {
	l, err := load(path, c.Logger)
	if err != nil {
		return err
	}
	running, cancel := context.WithCancel(ctx)
	defer cancel()
	finished := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		select {
		case <-l.certificates.Ended(): // No new connection can be made, so the run does not wait for any.
			cancel()
		case <-finished:
		}
	})
	err = runLoaded(running, c, l, f)
	close(finished)
	watching.Wait()
	if ended := l.certificates.Err(); ended != nil {
		err = ended
	}
	return l.logged(ctx, err)
}

func runLoaded(ctx context.Context, c *console.Console, l *loaded, f runFlags) (err error) {
	stopProfile, err := startProfile(f.cpuProfile)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stopProfile()) }()
	file := l.layout.File
	limitMemory(ctx, l.layout.File, l.log)
	claim, err := claimInstance(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, claim.Release()) }()
	seen, err := runtime.Start(ctx, runtime.Config{File: file, Kafka: l.kafka, Instance: claim.Name, Listen: file.HTTP.Listen, Logger: l.log})
	if err != nil {
		return wrongListen(file, err)
	}
	defer func() { err = errors.Join(err, seen.Close()) }()
	tiers, closeTiers := openTiers(ctx, file, l.log, seen)
	defer func() { err = errors.Join(err, closeTiers()) }()
	defer context.AfterFunc(ctx, func() {
		seen.Drain()
		l.log.LogAttrs(context.WithoutCancel(ctx), slog.LevelInfo, "draining", logattr.Seconds("timeout_seconds", file.Shutdown.Timeout))
	})()
	r := &runner{console: c, loaded: l, flags: f, seen: seen, tiers: tiers, instance: claim.Name}
	defer r.stopped(ctx)
	for {
		if again, err := r.run(ctx); !again || err != nil {
			return err
		}
		l.log.LogAttrs(ctx, slog.LevelInfo, "starting again, with the sources that were not reachable")
	}
}

// openTiers opens what the file has below the memory. closeTiers is called after the pipeline is closed.
func openTiers(ctx context.Context, file *pipelinefile.File, log *slog.Logger, seen *runtime.Run) (tiers []cachetier.Tier, closeTiers func() error) {
	disk := pipeline.OpenDisk(ctx, file, log)
	if disk == nil {
		return nil, func() error { return nil }
	}
	seen.Disk(disk)
	return []cachetier.Tier{disk}, disk.Close
}

// unlessEnded is err, but nil where a start was interrupted: nothing was begun.
func unlessEnded(ctx context.Context, err error) error {
	select {
	case <-ctx.Done():
		return nil
	default:
		return err
	}
}

// wrongListen says that http.listen is no address to listen to.
func wrongListen(file *pipelinefile.File, err error) error {
	const key = "http.listen"
	switch {
	case !errors.Is(err, syscall.EADDRINUSE):
		return file.Errorf(key, "%v", err)
	case file.Position(key) == (strictyaml.Position{}):
		return file.Errorf(key, "%s, the default, is taken by another program; add http: {listen: \"127.0.0.1:0\"} for any port that is free, or http: {listen: \"\"} for no HTTP", file.HTTP.Listen)
	default:
		return file.Errorf(key, "%s is taken by another program; choose another port, 127.0.0.1:0 for any that is free, or \"\" for no HTTP", file.HTTP.Listen)
	}
}

// limitMemory sets the Go runtime's soft limit, and how often its collector runs, where the environment does not.
func limitMemory(ctx context.Context, file *pipelinefile.File, log *slog.Logger) {
	most := max(file.Memory-pipelinefile.ProcessMemory, 0)
	if _, set := os.LookupEnv("GOGC"); !set && most == 0 { // With a limit the collector runs as often as that needs.
		debug.SetGCPercent(memlimit.GCPercent(file.Cache.Memory))
	}
	limit, err := memlimit.Set(automemlimit.FromCgroup, most)
	switch {
	case err != nil:
		log.LogAttrs(ctx, slog.LevelDebug, "no memory limit found", slog.Any("error", err))
	case limit > 0:
		log.LogAttrs(ctx, slog.LevelDebug, "memory limit set", slog.Int64("bytes", limit))
	}
}

// claimInstance claims the file's instance, or the first free one of the host's name.
func claimInstance(file *pipelinefile.File) (*instance.Claim, error) {
	if file.Instance != "" {
		return instance.Named(os.TempDir(), file.Name, file.Instance)
	}
	host, err := os.Hostname()
	if err != nil {
		return nil, fmt.Errorf("the host has no name; set instance in the pipeline file: %w", err)
	}
	return instance.OnHost(os.TempDir(), file.Name, host)
}

// describe says what runs on what.
func describe(file *pipelinefile.File, instance string) []slog.Attr {
	sources := make([]string, len(file.Sources))
	for i, s := range file.Sources {
		sources[i] = fmt.Sprintf("%s (%s)", s.Name, s.Driver())
	}
	return []slog.Attr{
		slog.String("pipeline", file.Name), slog.String("version", loaderline.Version), slog.Any("brokers", file.Kafka.Brokers),
		slog.Any("topics", file.Input.Topics), slog.String("output", strings.Join(file.OutputTopics(), ", ")), slog.String("dead_letter", file.DeadLetter.Topic),
		slog.String("group", file.Input.Group), slog.String("instance", instance), slog.Int("workers", file.Workers),
		slog.String("delivery", string(file.Output.Delivery)), slog.Any("sources", sources),
	}
}

// summary says what a run did.
func summary(count runtime.Count, took time.Duration) []slog.Attr {
	var kinds []any
	for kind, n := range count.Dead {
		kinds = append(kinds, slog.Int(kind, n))
	}
	attrs := []slog.Attr{
		slog.Int("records", count.Records), slog.Int("enriched", count.Enriched), slog.Int("forwarded", count.Forwarded),
		slog.Int("filtered", count.Filtered), slog.Int("dropped", count.Dropped), slog.Int("dead_lettered", count.DeadLetters()),
	}
	if count.Retried > 0 {
		attrs = append(attrs, slog.Int("retried", count.Retried))
	}
	if len(kinds) > 0 {
		attrs = append(attrs, slog.Group("dead_letters", kinds...))
	}
	return append(attrs, slog.Int("source_calls", count.Calls), logattr.Seconds("seconds", took))
}
