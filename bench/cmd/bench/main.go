// Command bench measures loaderline and the hand-written tuned side by side on real Kafka and PostgreSQL: those that
// LOADERLINE_TEST_KAFKA and LOADERLINE_TEST_POSTGRES name, or new ones. Run it from the module's folder.
//
//	go run ./bench/cmd/bench -rounds 3 tuned-4 tuned loaderline
//
// The first processor is what the others are compared with. The result goes to standard output, progress to standard
// error. It exits with 1 when a run's outputs were wrong.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/loaderline/loaderline/bench"
	"github.com/loaderline/loaderline/testenv"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run does what the command line says.
func run(ctx context.Context, args []string) (err error) {
	var (
		config bench.Config
		custom []bench.Processor
	)
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.IntVar(&config.Events.Count, "events", 500_000, "events to enrich in each run")
	flags.IntVar(&config.Events.Users, "users", 100_000, "users in the shop")
	flags.BoolVar(&config.Events.Uniform, "uniform", false, "all users equally likely, not by Zipf's law")
	flags.IntVar(&config.Rounds, "rounds", 1, "runs of each processor")
	flags.IntVar(&config.Partitions, "partitions", 4, "partitions of each topic")
	flags.BoolVar(&config.Check, "check", true, "compare all outputs with the database")
	format := flags.String("format", "table", "table or json")
	flags.Func("command", "another processor, `NAME=COMMAND ARG...` with {brokers} {dsn} {input} {output} {dead} {group}",
		func(text string) error {
			name, command, ok := strings.Cut(text, "=")
			if !ok || command == "" {
				return errors.New("want NAME=COMMAND ARG")
			}
			custom = append(custom, bench.Processor{Name: name, Command: strings.Fields(command)})
			return nil
		})
	if err := flags.Parse(args); err != nil {
		return err
	}
	names := flags.Args()
	if len(names) == 0 {
		names = []string{"tuned-4", "tuned", "loaderline"}
	}
	dir, err := os.MkdirTemp("", "loaderline-bin-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	processors, err := build(ctx, dir, names)
	if err != nil {
		return err
	}
	world, err := testenv.Up(ctx, os.Stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, world.Close()) }()
	config.Kafka, config.Postgres, config.Words = world.Kafka, world.Postgres, os.Stderr
	results, err := bench.Run(ctx, config, append(processors, custom...)...)
	if err != nil {
		return err
	}
	return tell(*format, results)
}

// build builds the named processors' programs into a folder.
func build(ctx context.Context, dir string, names []string) ([]bench.Processor, error) {
	paths := map[string]string{}
	program := func(pkg string) string {
		if paths[pkg] == "" {
			paths[pkg] = filepath.Join(dir, filepath.Base(pkg))
		}
		return paths[pkg]
	}
	var processors []bench.Processor
	for _, name := range names {
		rest, atLeastOnce := strings.CutSuffix(name, "-at-least-once")
		base, number, numbered := strings.Cut(rest, "-")
		parallel := map[string]int{"tuned": 1, "loaderline": 4}[base]
		if numbered {
			if _, err := fmt.Sscanf(number, "%d", &parallel); err != nil || parallel < 1 {
				return nil, fmt.Errorf("processor %q: %q is not a number of sessions", name, number)
			}
		}
		switch base {
		case "tuned":
			processors = append(processors, bench.Tuned(program("./bench/tuned"), parallel, atLeastOnce))
		case "loaderline":
			processors = append(processors, bench.Loaderline(program("./cmd/loaderline"), parallel, atLeastOnce))
		default:
			return nil, fmt.Errorf("processor %q: want tuned or loaderline, with -N for N sessions and -at-least-once", name)
		}
	}
	for pkg, path := range paths {
		command := exec.CommandContext(ctx, "go", "build", "-o", path, pkg)
		command.Stderr = os.Stderr
		if err := command.Run(); err != nil {
			return nil, fmt.Errorf("building %s: %w", pkg, err)
		}
	}
	return processors, nil
}

// tell writes the results to standard output.
func tell(format string, results []bench.Result) error {
	summaries := bench.Summarize(results)
	switch format {
	case "table":
		if err := bench.WriteTable(os.Stdout, summaries); err != nil {
			return err
		}
	case "json":
		encoder := json.NewEncoder(os.Stdout)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(map[string]any{"summary": summaries, "runs": results}); err != nil {
			return err
		}
	default:
		return fmt.Errorf("-format %q: want table or json", format)
	}
	for _, s := range summaries {
		if s.Wrong > 0 {
			return fmt.Errorf("%s: %d of %d runs had wrong outputs", s.Processor, s.Wrong, s.Runs)
		}
	}
	return nil
}
