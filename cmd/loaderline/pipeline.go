package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/cli"
	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/deadletterlimit"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
	"github.com/loaderline/loaderline/internal/kafkaerr"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/strictyaml"
	"github.com/loaderline/loaderline/internal/tlsfiles"
)

// loaded is a pipeline file that was checked as far as that goes without connecting.
type loaded struct {
	path   string
	layout *pipeline.Layout
	kafka  consumer.Kafka
	log    *slog.Logger
	// certificates is told of the TLS files.
	certificates *tlsfiles.Watch
}

// load reads a pipeline file. logger makes the logger for it.
func load(path string, logger func(pipelinefile.Log) *slog.Logger) (*loaded, error) {
	file, err := pipelinefile.Load(path)
	if err != nil {
		if !cli.Is[*strictyaml.Error](err) {
			return nil, cli.AsUsage(err)
		}
		return nil, err
	}
	l := &loaded{path: path, log: logger(file.Log)}
	l.certificates = tlsfiles.NewWatch(l.log)
	logRedis(l.log)
	if l.layout, err = pipeline.NewLayout(file); err != nil {
		return nil, err
	}
	if l.kafka, err = pipeline.Kafka(file, l.log, l.certificates); err != nil {
		return nil, err
	}
	if _, err := kafkaadmin.Options(l.kafka); err != nil {
		if cli.Is[*kafkaerr.PlaintextPasswordError](err) {
			return nil, file.Errorf("kafka.sasl", "a password would be sent without TLS: set kafka.tls, or kafka.sasl.allow_plaintext: true where the network is trusted")
		}
		var problems []error
		for _, line := range cli.ErrorLines(err) {
			problems = append(problems, file.Errorf("kafka", "%s", strings.TrimPrefix(strings.TrimPrefix(line, "loaderline: "), "kafka: ")))
		}
		return nil, errors.Join(problems...)
	}
	return l, nil
}

// quietly is for commands that do not log: of a pipeline's log they show warnings only where it asks for debugging.
func quietly(c *console.Console) func(pipelinefile.Log) *slog.Logger {
	return func(log pipelinefile.Log) *slog.Logger {
		if log.Level > slog.LevelDebug {
			return slog.New(slog.DiscardHandler)
		}
		return c.Logger(log)
	}
}

// patience is how long Kafka may take at start before it is said that it is waited for.
const patience = time.Second

// awaitKafka waits until Kafka answers and has the topics, and calls waiting if that takes long.
func (l *loaded) awaitKafka(ctx context.Context, waiting func(), topics ...string) error {
	slow := time.AfterFunc(patience, waiting)
	defer slow.Stop()
	_, err := kafkaadmin.Describe(ctx, l.kafka, topics...)
	return l.hinted(err)
}

// inWords says on a console that Kafka is waited for.
func (l *loaded) inWords(c *console.Console) func() {
	return func() { c.Say("waiting for Kafka at %s", strings.Join(l.kafka.Brokers, ", ")) }
}

// hinted adds to an error about missing topics what to do: those of the pipeline can be created by a command.
func (l *loaded) hinted(err error) error {
	if limit, ok := errors.AsType[*deadletterlimit.ExceededError](err); ok {
		return &cli.ReportedError{Err: err, Text: fmt.Sprintf("%v; stopped by dead_letter.limit before they were published: fix the cause and run it again, or let them become dead letters with loaderline run --ignore-dead-letter-limit %s", limit, l.path)}
	}
	if timeout, ok := errors.AsType[*kafkaerr.TransactionTimeoutError](err); ok {
		return l.layout.File.Errorf("kafka.transaction_timeout", "%v", timeout)
	}
	missing, ok := errors.AsType[*kafkaerr.TopicMissingError](err)
	if !ok {
		return err
	}
	noun := "topic"
	if len(missing.Topics) > 1 {
		noun = "topics"
	}
	text := fmt.Sprintf("Kafka has no %s %s", noun, strings.Join(missing.Topics, ", "))
	switch topics := l.layout.File.AllTopics(); {
	case slices.ContainsFunc(missing.Topics, func(t string) bool { return !slices.Contains(topics, t) }):
		last := len(topics) - 1
		text += fmt.Sprintf(", and %s names none of that name: its topics are %s and %s; correct the name, or create the topic with the tools of your Kafka",
			l.path, strings.Join(topics[:last], ", "), topics[last])
	case !slices.ContainsFunc(missing.Topics, func(t string) bool { return !l.layout.File.OfOthers(t) }):
		text += ", in which others tell of changes; correct the name, start its writer first, or create it with the tools of your Kafka"
	default:
		text += fmt.Sprintf("; correct the name, or create what is missing: loaderline check %s --connect --create-topics", l.path)
	}
	return &cli.ReportedError{Err: err, Text: text}
}

// logged logs why a run has failed, in the log's own format, so that nothing writes the error again. Wrong usage does not go to
// the log.
func (l *loaded) logged(ctx context.Context, err error) error {
	if err == nil || cli.Is[*cli.UsageError](err) {
		return err
	}
	for _, line := range cli.ErrorLines(err) {
		l.log.LogAttrs(context.WithoutCancel(ctx), slog.LevelError, "failed",
			slog.String("error", strings.TrimPrefix(line, "loaderline: ")), slog.Int("exit_code", cli.ExitCode(err)))
	}
	return &cli.LoggedError{Err: err}
}
