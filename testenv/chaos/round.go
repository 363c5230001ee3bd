package chaos

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/testenv"
)

const (
	sessionTimeout     = 6 * time.Second
	transactionTimeout = 6 * time.Second
	// giveUp is how much longer is waited, to tell what is late from what is lost.
	giveUp  = 60 * time.Second
	largest = 2 << 20 // bytes of a record in the output
	users   = 2_000
)

// Options are what a round needs besides its scenario.
type Options struct {
	// Binary is the command, built with the tag failpoint.
	Binary string
	// Seed reproduces the schedule.
	Seed uint64
	// Dir takes the processes' logs and the pipeline file, in a folder for the round.
	Dir string
	// Quick ends the round at the first problem.
	Quick bool
	// Log says what happens.
	Log *slog.Logger
}

// Round is one run of a scenario: a pipeline with its own topics and database.
type Round struct {
	scenario Scenario
	options  Options
	world    *World
	site     *site
	kafka    string // past all proxies
	lane     *lane
	random   *rand.Rand
	log      *slog.Logger
	dir      string
	began    time.Time

	input, output, dead, group string
	retries                    []string // the retry topics
	routes                     []string // further topics of outputs, in the order of routes
	changes                    string   // the topic that tells of changed rows; empty where there is none
	topics                     []string // all of them
	database                   database
	file                       string
	password                   string    // of the processes
	certified                  time.Time // until when their certificate is good
	members                    []*member
	twin                       *member     // of the first one; nil before there is one
	held                       []*pgx.Conn // until the fault that holds them is healed
	disk                       string      // the folder of the cache on disk
	mounted                    bool        // and it is a separate file system
	checker                    atomic.Pointer[testenv.Checker]
	judging                    testenv.CheckerConfig
	partitions                 int
	foreign                    *kgo.Client  // another producer, with an open transaction; else nil
	unmarked                   []string     // transactions that the brokers left open
	silences                   []error      // times when the pipeline stood still and no process said so
	strangers                  atomic.Int64 // offsets of the input that are no events of the source
	source                     *source
	versions                   *versions        // of scenarios that change rows; else nil
	registry                   *testenv.Service // of scenarios in Avro; else nil
	writers                    *writers         // their events; else nil

	result Result

	running context.Context // ends when a process ends that was not told to
	fail    context.CancelCauseFunc
}

// run runs one round. It returns the transactions that the brokers left open if outcomes are missing.
func run(ctx context.Context, w *World, s Scenario, o Options, attempt int) (_ Result, unmarked []string, _ error) {
	lane, err := w.take(ctx)
	if err != nil {
		return Result{}, nil, err
	}
	defer w.give(lane)
	r := &Round{
		scenario: s, options: o, world: w, lane: lane, began: time.Now(),
		random: rand.New(rand.NewPCG(o.Seed, o.Seed)),
		log:    o.Log.With(slog.String("scenario", s.Name)),
		dir:    filepath.Join(o.Dir, fmt.Sprintf("%s-%d", slug(s.Name), o.Seed)+strings.Repeat("-again", attempt-1)),
		result: Result{Scenario: s.Name, Seed: o.Seed, Rounds: 1},
	}
	r.running, r.fail = context.WithCancelCause(ctx)
	defer r.fail(nil)
	if err := r.setUp(ctx); err != nil {
		return r.result, nil, errors.Join(fmt.Errorf("%s: %w", s.Name, err), r.tearDown(ctx))
	}
	sampling, stop := context.WithCancel(r.running)
	var sampled sync.WaitGroup
	sampled.Go(func() { r.sample(sampling) })
	sampled.Go(func() { r.watchStandstill(sampling) })
	if s.Watched {
		sampled.Go(func() { r.watch(sampling) })
	}
	r.play()
	if r.versions != nil {
		if err := r.versions.close(); err != nil {
			r.problem("changing rows: %w", err)
		}
	}
	stop()
	sampled.Wait()
	for _, silence := range r.silences {
		r.problem("%w", silence)
	}
	if err := w.repair(ctx, r.site); err != nil {
		r.problem("%w", err)
	}
	judged := r.judge(ctx)
	if err := r.tearDown(ctx); err != nil {
		return r.result, nil, fmt.Errorf("%s: %w", s.Name, err)
	}
	r.result.Seconds = r.since(time.Now())
	r.result.OK = judged && len(r.result.Problems) == 0
	return r.result, r.unmarked, nil
}

// problem notes what went wrong, other than what the checker finds.
func (r *Round) problem(format string, args ...any) {
	err := fmt.Errorf(format, args...)
	r.log.Error("problem", slog.Any("error", err))
	r.result.Problems = append(r.result.Problems, err.Error())
}

// judge ends the processes in order and has the checker judge.
func (r *Round) judge(ctx context.Context) bool {
	if err := context.Cause(r.running); err != nil {
		r.problem("%w", err)
	}
	for _, m := range r.members {
		m.notePeak()
		r.result.PeakBytes = max(r.result.PeakBytes, m.peak)
		if m.running() {
			if err := m.terminate(); err != nil {
				r.problem("%w", err)
			}
		}
		r.result.Kills += m.kills
	}
	if r.scenario.Watched {
		r.judgeUsage()
	}
	// The input is read at a hundred thousand records a second and more.
	ctx, cancel := context.WithTimeout(ctx, time.Minute+time.Duration(r.scenario.Events)*10*time.Microsecond)
	defer cancel()
	report, err := r.checker.Load().Check(ctx)
	if err != nil {
		r.problem("%w", err) // Such as a transaction that is still open.
		return false
	}
	r.result.judged(&report)
	if most := len(r.result.Marks) * len(r.members) * workers * batchRecords; r.scenario.atLeastOnce() && report.Duplicates.Count > most {
		r.problem("%d duplicates, more than was in hand at %d faults", report.Duplicates.Count, len(r.result.Marks))
	}
	if v := r.versions; v != nil && v.changed() < minChanges {
		r.problem("only %d rows were changed: the round shows nothing", v.changed())
	}
	return true
}

func (r *Round) since(t time.Time) float64 { return t.Sub(r.began).Seconds() }

// muster has as many processes run as the scenario begins with.
func (r *Round) muster(ctx context.Context) error {
	var errs []error
	for i, m := range r.members {
		switch wanted := i < r.scenario.members(); {
		case wanted && !m.running():
			errs = append(errs, m.start(ctx))
		case !wanted && m.running():
			errs = append(errs, m.terminate())
		}
	}
	return errors.Join(errs...)
}

// between is a random time.
func (r *Round) between(least, most time.Duration) time.Duration {
	if most <= least {
		return least
	}
	return least + time.Duration(r.random.Int64N(int64(most-least)))
}

// sample takes down throughput and memory until ctx ends.
func (r *Round) sample(ctx context.Context) {
	const every = 250 * time.Millisecond
	for pause(ctx, every) == nil {
		r.result.Timeline = append(r.result.Timeline, Sample{At: tenths(r.since(time.Now())), Outcomes: r.checker.Load().Seen()})
		for _, m := range r.members {
			m.notePeak()
		}
	}
}

// pause waits for d; it returns an error where ctx ends first.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
