// Command chaos runs the fault suite of package chaos and writes its report. It exits with 1 when something is not as
// it was promised.
//
//	chaos --short                    each scenario once
//	chaos --longer                   each scenario that takes longer, once
//	chaos --seconds 3600 --seed 7    random schedules for an hour
//	chaos --soak --seconds 1800      10,000 events a second with faults, to see whether memory grows
//	chaos --short --only '^kill'     some of the scenarios
//	chaos --seconds 1 --seed 19 --only 'retry topics'   one round of a long run again, by the seed that its report has
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/loaderline/loaderline/testenv/chaos"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := command().ExecuteContext(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
}

// errNotOK is what the table and the problems below it have said.
var errNotOK = errors.New("the pipeline did not keep what it promises")

type settings struct {
	short, soak   bool
	longer        bool
	seconds, side int
	seed          uint64
	only, out     string
}

func command() *cobra.Command {
	var s settings
	cmd := &cobra.Command{
		Use: "chaos", Short: "Run the fault suite", Args: cobra.NoArgs, SilenceUsage: true, SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error { return s.run(cmd) },
	}
	flags := cmd.Flags()
	flags.BoolVar(&s.short, "short", false, "each scenario once")
	flags.BoolVar(&s.longer, "longer", false, "each scenario that takes longer once")
	flags.BoolVar(&s.soak, "soak", false, "one pipeline under 10,000 events a second and faults; no process of it may hold more and more")
	flags.IntVar(&s.seconds, "seconds", 3600, "how long to run, unless --short or --longer")
	flags.IntVar(&s.side, "side-by-side", 3, "how many scenarios of --short or --longer run at a time")
	flags.Uint64Var(&s.seed, "seed", 0, "reproduces the schedule of a run (default: by the clock)")
	flags.StringVar(&s.only, "only", "", "a regular expression of the scenarios to run")
	cmd.MarkFlagsMutuallyExclusive("short", "longer", "soak")
	flags.StringVar(&s.out, "out", "chaos-report", "the folder for the report and the logs; what was in it is removed")
	return cmd
}

func (s settings) run(cmd *cobra.Command) (err error) {
	ctx := cmd.Context()
	only, err := regexp.Compile(s.only)
	if err != nil {
		return fmt.Errorf("--only: %w", err)
	}
	lasting := time.Duration(s.seconds) * time.Second
	scenarios := chaos.Long
	switch {
	case s.short:
		scenarios = chaos.Short
	case s.longer:
		scenarios = chaos.Longer
	case s.soak:
		scenarios = []chaos.Scenario{chaos.Soak(lasting)}
	}
	scenarios = slices.DeleteFunc(slices.Clone(scenarios), func(c chaos.Scenario) bool { return !only.MatchString(c.Name) })
	if len(scenarios) == 0 {
		return fmt.Errorf("--only %s: there is no such scenario", s.only)
	}
	if s.seed == 0 {
		s.seed = uint64(time.Now().Unix())
	}
	log := slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil))
	log.Info("fault suite", slog.Uint64("seed", s.seed))
	if s.out, err = filepath.Abs(s.out); err != nil {
		return err
	}
	if err := errors.Join(os.RemoveAll(s.out), os.MkdirAll(s.out, 0o755)); err != nil {
		return err
	}
	binary, err := chaos.Build(ctx, s.out, "")
	if err != nil {
		return err
	}
	world, err := chaos.Up(ctx, s.side)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, world.Close()) }()

	options := chaos.Options{Binary: binary, Seed: s.seed, Dir: s.out, Log: log}
	var results []chaos.Result
	if s.short || s.longer || s.soak {
		results, err = chaos.RunShort(ctx, world, scenarios, options)
	} else {
		results, err = chaos.RunLong(ctx, world, scenarios, lasting, options)
	}
	report := chaos.NewReport(s.seed, results)
	err = errors.Join(err, report.Write(s.out), report.Text(cmd.OutOrStdout()))
	if err == nil && !report.OK {
		err = errNotOK
	}
	return err
}
