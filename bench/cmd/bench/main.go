// Command bench measures loaderline and hand-written programs side by side on real Kafka and PostgreSQL. It uses the servers
// that LOADERLINE_TEST_KAFKA and LOADERLINE_TEST_POSTGRES name, or starts new ones. Run it from the module's folder.
//
//	bench --rounds 5                                 all shapes
//	bench --shapes zipf,warm --events 2000000        some of them
//	bench --shapes zipf loaderline tuned-4           some of their processors, which is only printed
//	bench --shapes peers,malformed,kill              beside Flink and Kafka Streams, which need Java and Maven
//	bench --profile profiles/loaderline.pgo          no comparison, but the profile that loaderline is built with
//
// It writes bench/results/DATE.txt, .json and .svg after each shape. A shape that is measured again replaces its
// earlier results, unless it is broken off. Progress goes to standard error, the tables to standard output. It exits with 1 when a run
// failed or its outputs were wrong.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/loaderline/loaderline/bench"
	"github.com/loaderline/loaderline/bench/report"
	"github.com/loaderline/loaderline/testenv"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := command().ExecuteContext(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// settings are the command line.
type settings struct {
	bench.Config
	shapes   []string
	commands []string
	out      string
	profile  string
}

func command() *cobra.Command {
	s := &settings{}
	cmd := &cobra.Command{
		Use: "bench [PROCESSOR...]", Short: "Measure loaderline beside hand-written programs", SilenceUsage: true, SilenceErrors: true,
		RunE: s.run,
	}
	flags := cmd.Flags()
	var shapes []string
	for _, shape := range bench.Shapes(bench.Programs{}) {
		shapes = append(shapes, shape.Name)
	}
	flags.StringSliceVar(&s.shapes, "shapes", shapes, "the shapes to run, comma-separated; also peers, malformed and kill, which need Java and Maven")
	flags.IntVar(&s.Events, "events", 500_000, "events of a run")
	flags.IntVar(&s.Users, "users", 100_000, "users in the shop")
	flags.IntVar(&s.Rounds, "rounds", 1, "runs of each processor")
	flags.DurationVar(&s.Paced, "paced", 20*time.Second, "how long a run of the shape paced takes; its first quarter is left out")
	flags.IntVar(&s.Partitions, "partitions", 4, "partitions of each topic")
	flags.BoolVar(&s.Check, "check", true, "compare all outputs with the database")
	flags.StringArrayVar(&s.commands, "command", nil,
		"another processor for each shape, `NAME=COMMAND ARG...` with {brokers} {dsn} {input} {output} {dead} {group}")
	flags.StringVar(&s.out, "out", "bench/results", "the folder for the results, unless processors are named")
	flags.StringVar(&s.profile, "profile", "", "run loaderline alone, and write what a compiler reads of its CPU profiles to `FILE`")
	for _, choice := range []string{"shapes", "command", "out"} {
		cmd.MarkFlagsMutuallyExclusive("profile", choice)
	}
	return cmd
}

// errNotOK is what the tables have said.
var errNotOK = errors.New("there were runs that failed, or whose outputs were wrong")

func (s *settings) run(cmd *cobra.Command, names []string) (err error) {
	ctx := cmd.Context()
	dir, err := os.MkdirTemp("", "loaderline-bin-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	programs := programsIn(dir)
	all, build := s.known(programs, peersIn(dir)), buildToCompare
	if s.profile != "" {
		all, build, s.shapes = bench.Profiled(programs.Loaderline), buildToProfile, nil
	}
	shapes, err := s.choose(all, names)
	if err != nil {
		return err
	}
	if err := s.Validate(); err != nil {
		return err
	}
	if needPeers(shapes) {
		build = buildWithPeers
	}
	if err := build(ctx, dir); err != nil {
		return err
	}
	commit := bench.Commit(ctx)
	world, err := testenv.Up(ctx, cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, world.Close()) }()
	s.Kafka, s.Postgres, s.Words = world.Kafka, world.Postgres, cmd.ErrOrStderr()
	environment, err := bench.Look(ctx, s.Config)
	if err != nil {
		return err
	}
	m := measurement{commit: commit, out: cmd.OutOrStdout(), results: report.New(time.Now(), environment)}
	if len(names) == 0 && s.profile == "" {
		m.folder = s.out
		if m.results, err = report.Open(s.out, time.Now(), environment); err != nil {
			return err
		}
	}
	b, err := bench.Open(ctx, s.Config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close(context.WithoutCancel(ctx))) }()
	if err := m.run(ctx, b, shapes); err != nil || s.profile == "" {
		return err
	}
	return writeProfile(b, s.profile)
}

// measurement runs shapes and reports their results.
type measurement struct {
	commit  string
	out     io.Writer // of the tables
	folder  string    // for the results; empty where they are only printed
	results report.Report
}

func (m *measurement) run(ctx context.Context, b *bench.Bench, shapes []bench.Shape) error {
	ok := true
	for _, shape := range shapes {
		runs, err := b.Run(ctx, shape)
		measured := report.NewShape(shape, m.commit, runs)
		if err := errors.Join(err, measured.Write(m.out)); err != nil {
			return err // What was broken off does not replace earlier results.
		}
		m.results.Add(measured)
		if m.folder != "" {
			if err := m.results.Write(m.folder); err != nil {
				return err
			}
		}
		ok = ok && len(measured.Problems()) == 0
	}
	if err := m.results.WriteFigures(m.out); err != nil {
		return err
	}
	if !ok {
		return errNotOK
	}
	return nil
}

// writeProfile writes the profile whole, or leaves an earlier one.
func writeProfile(b *bench.Bench, path string) error {
	var profile bytes.Buffer
	if err := b.Profile(&profile); err != nil {
		return err
	}
	return os.WriteFile(path, profile.Bytes(), 0o644)
}
