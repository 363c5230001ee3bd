package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/cli"
	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/deadletter"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/topicread"
)

// leftOpenShown is how many of the dead letters that cannot be redriven are shown.
const leftOpenShown = 10

// redriveFlags are the flags of dlq redrive.
type redriveFlags struct {
	letterFlags

	fix         string
	maxRedrives int64
	rate        float64
	dryRun, yes bool
	format      *cli.Choice
}

func newDLQRedrive(c *console.Console) *cobra.Command {
	f := redriveFlags{maxRedrives: 3, format: tableFormat()}
	cmd := &cobra.Command{
		Use:   "redrive PIPELINE [PARTITION:OFFSET...]",
		Short: "Send dead letters back to their input topic, each once",
		Long: `Send dead letters back to the input topic and partition that they came from, where the running pipeline
processes them. Redrive sends the open dead letters that the flags select, or those named by their position in the
dead-letter topic. It records each in the same transaction, so each is sent once, even if redrive is killed and run
again.

--fix FILE is a jq program that transforms the payload. It gets a payload that is not JSON as a string; $key is the
record's key, and $headers are the headers. A payload that has a schema is JSON for the program, and is encoded again
by the same schema; fields that the schema does not know are left out. A dead letter stays open if the program returns
no value for it or one that the schema does not take, or takes more than 5s or 512 MiB.

Dead letters of the topic NAME that came back more often than --max-redrives go to the topic NAME-parked instead. If
two redrives of a pipeline run at the same time, the older one stops.

--dry-run prints what would be done, or with --format json the records that would be sent.`,
		Example: `  loaderline dlq redrive pipeline.yaml --kind lookup --dry-run
  loaderline dlq redrive pipeline.yaml --kind key --fix trim.jq -n 10
  loaderline dlq redrive pipeline.yaml --from -2h --rate 100 --yes`,
		Args: pipelineAndLetters,
		RunE: func(cmd *cobra.Command, args []string) error {
			filter, err := f.resolve(cmd, args[1:])
			if err != nil {
				return err
			}
			switch {
			case f.rate < 0 || cmd.Flags().Changed("rate") && f.rate == 0:
				return cli.Usagef("--rate is %v; write the dead letters a second, such as 100", f.rate)
			case f.maxRedrives < 0:
				return cli.Usagef("--max-redrives is %d; write how often a dead letter may have come back, such as 3", f.maxRedrives)
			}
			return redrive(cmd.Context(), c, args[0], filter, f, cmd.InOrStdin())
		},
	}
	f.add(cmd, deadletter.Open, deadletter.Parked)
	cmd.Flags().StringVar(&f.fix, "fix", "", "a `file` with a jq program that transforms the payload")
	cmd.Flags().Int64Var(&f.maxRedrives, "max-redrives", f.maxRedrives, "`times` that a dead letter may have come back before it is parked")
	cmd.Flags().Float64Var(&f.rate, "rate", 0, "most `dead letters` per second")
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "print what would be done, and do nothing")
	cmd.Flags().BoolVar(&f.yes, "yes", false, "do not ask")
	cmd.Flags().Var(f.format, "format", "how to print the result")
	return cmd
}

func redrive(ctx context.Context, c *console.Console, path string, filter deadletter.Filter, f redriveFlags, in io.Reader) error {
	l, err := load(path, quietly(c))
	if err != nil {
		return err
	}
	asJSON := f.format.Value == "json"
	r := deadletter.Redrive{Queue: l.deadLetters(), Filter: filter, MaxRedrives: f.maxRedrives, Rate: f.rate, By: operator()}
	if f.fix != "" {
		if r.Fix, err = readFix(f.fix); err != nil {
			return err
		}
		defer r.Fix.Close()
		end, err := l.fixPayload(&r)
		if err != nil {
			return err
		}
		defer end()
	}
	if err := l.awaitKafka(ctx, l.inWords(c), append([]string{r.Topic}, r.Inputs...)...); err != nil {
		return err
	}
	read := reading{console: c}
	refused := 0
	r.LeftOpen = func(letter deadletter.Letter, err error) {
		if refused++; refused <= leftOpenShown {
			read.line(fmt.Sprintf("loaderline: dead letter %s stays open: %v", letter.Coordinates, err))
		}
	}
	var each func(*kgo.Record) error
	if f.dryRun && asJSON {
		each = func(record *kgo.Record) error { return printPlanned(c.Out, record) }
	}
	plan, err := r.Plan(ctx, read.update, each)
	read.done()
	if err != nil {
		return l.hinted(err)
	}
	sayOthers(c, plan.Others)
	switch {
	case f.dryRun:
		return sayPlan(c, r, plan, asJSON)
	case plan.Redrive+plan.Park == 0:
		c.Say("there is nothing to redrive among the dead letters in %s", r.Topic)
		if err := printOutcome(c.Out, asJSON, deadletter.Outcome{LeftOpen: plan.LeftOpen}); err != nil {
			return err
		}
		return leftOpen(plan.LeftOpen)
	case !f.yes:
		if sure, err := confirm(c, in, planWords(r, plan)+"?"); err != nil || !sure {
			return err
		}
	}
	progress := c.Progress("redrove", plan.Redrive+plan.Park)
	r.Progress = func(done int64) { progress.Update(done, done) }
	r.LeftOpen = nil // Plan has said it.
	done, err := r.Run(ctx, plan)
	progress.Done()
	c.Say("redrove %s, parked %d, left %d open", letters(done.Redriven), done.Parked, done.LeftOpen)
	if err = errors.Join(interrupted(ctx, l.hinted(err)), printOutcome(c.Out, asJSON, done)); err != nil {
		return err
	}
	return leftOpen(done.LeftOpen)
}

// planWords says what a redrive is going to do.
func planWords(r deadletter.Redrive, plan deadletter.Plan) string {
	words := fmt.Sprintf("Redrive %s to %s", letters(plan.Redrive), strings.Join(r.Inputs, ", "))
	if plan.Park > 0 {
		words += fmt.Sprintf(", and park %d in %s", plan.Park, deadletter.ParkingTopic(r.Topic))
	}
	return words
}

// sayPlan says what a redrive would do. As JSON, its records are printed already.
func sayPlan(c *console.Console, r deadletter.Redrive, plan deadletter.Plan, asJSON bool) error {
	if !asJSON {
		if err := deadletter.WriteTable(c.Out, plan.Groups, c.OutWidth()); err != nil {
			return err
		}
	}
	c.Say("would r%s, %d cannot be redriven; nothing was done", strings.TrimPrefix(planWords(r, plan), "R"), plan.LeftOpen)
	return leftOpen(plan.LeftOpen)
}

// leftOpen is the error of a command that could not do all that it was asked for.
func leftOpen(n int64) error {
	switch {
	case n > leftOpenShown:
		return fmt.Errorf("%s cannot be redriven and stay open; the first %d are above", letters(n), leftOpenShown)
	case n > 1:
		return fmt.Errorf("%s cannot be redriven and stay open", letters(n))
	case n == 1:
		return errors.New("1 dead letter cannot be redriven and stays open")
	default:
		return nil
	}
}

// interrupted says what to do about a change that was not finished.
func interrupted(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	return errors.New("interrupted; run it again for the rest: nothing is done twice")
}

// fixPayload lets a fix see payloads that have a schema, and returns what ends that.
func (l *loaded) fixPayload(r *deadletter.Redrive) (end func(), err error) {
	client, err := pipeline.OpenRegistry(l.layout.File, l.certificates)
	if err != nil {
		return nil, err
	}
	payload, err := pipeline.NewPayload(l.layout.File, client)
	if err != nil {
		return nil, err
	}
	if payload != nil {
		r.Payload = payload
	}
	if client == nil {
		return func() {}, nil
	}
	return client.Close, nil
}

func readFix(path string) (*deadletter.Fix, error) {
	program, err := os.ReadFile(path)
	if err != nil {
		return nil, cli.AsUsage(fmt.Errorf("read the fix: %w", err))
	}
	fix, err := deadletter.ParseFix(string(program), deadletter.FixLimits{})
	if err != nil {
		return nil, cli.AsUsage(fmt.Errorf("%s: %w", path, err))
	}
	return fix, nil
}

// printPlanned prints a record that is not published, in the form in which consume prints records. It has no
// offset. Its timestamp is the one that it would get now: a redriven record has the time at which it is sent.
func printPlanned(to io.Writer, record *kgo.Record) error {
	record.Offset, record.Timestamp = -1, time.Now()
	line, err := topicread.FormatJSON.Append(nil, record, topicread.Decoded{})
	if err != nil {
		return err
	}
	_, err = to.Write(line)
	return err
}

func printOutcome(to io.Writer, asJSON bool, done deadletter.Outcome) error {
	if !asJSON {
		return nil
	}
	return console.NewEncoder(to).Encode(done)
}
