// Package check reaches what a pipeline file names, and says of each thing whether it is as the pipeline needs it.
package check

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
	"github.com/loaderline/loaderline/internal/kafkaerr"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
)

// Finding is the result of one check.
type Finding struct {
	What    string `json:"what"` // broker, setting, topic, right, source, registry, subject, cache, stage, certificate, schema
	Name    string `json:"name"`
	OK      bool   `json:"ok"`
	Warning bool   `json:"warning,omitempty"` // not as it should be, but the pipeline can run
	Detail  string `json:"detail"`
	Schema  string `json:"schema,omitempty"` // of outputs
	Err     error  `json:"-"`
}

// String is the finding as a line, without its end.
func (f Finding) String() string { return f.Text(console.Palette{}) }

// Text is the finding as a line, without its end. A schema is on lines of its own.
func (f Finding) Text(colours console.Palette) string {
	state := colours.Good("ok    ")
	switch {
	case !f.OK:
		state = colours.Bad("failed")
	case f.Warning:
		state = colours.Notable("warn  ")
	}
	line := fmt.Sprintf("%s  %s %s: %s", state, f.What, f.Name, strings.ReplaceAll(f.Detail, "\n", "; "))
	if f.Schema != "" {
		line += "\n        " + strings.ReplaceAll(strings.TrimSpace(f.Schema), "\n", "\n        ")
	}
	return line
}

// Check is what is checked.
type Check struct {
	Layout *pipeline.Layout
	Kafka  consumer.Kafka
	// CreateTopics creates the topics that are missing: of the input with so many partitions, and the others with as many as the input has.
	CreateTopics bool
	Partitions   int
	// Report is called with each finding as it is made.
	Report func(Finding)
	// Logger receives the Kafka client's log.
	Logger *slog.Logger
}

// Run makes all checks that can be made, and returns the joined errors of the failed ones.
// Kafka and the sources are reached at the same time.
func (c Check) Run(ctx context.Context) error {
	var problems []error
	report := c.Report
	c.Report = func(f Finding) {
		if !f.OK {
			problems = append(problems, f.Err)
		}
		report(f)
	}
	sources := c.sources(ctx)
	c.kafka(ctx)
	for _, f := range <-sources {
		c.Report(f)
	}
	if len(problems) == 0 {
		// What is left is between stages: the pipeline itself finds it.
		if p, err := pipeline.Open(ctx, c.Layout, pipeline.Options{Logger: c.Logger, OnOutputSchema: c.outputSchema}); err != nil {
			c.failed("plan", c.Layout.File.Name, err)
		} else if err := p.Close(); err != nil {
			c.failed("plan", c.Layout.File.Name, err)
		}
	}
	return errors.Join(problems...)
}

func (c Check) ok(what, name, format string, args ...any) {
	c.Report(Finding{What: what, Name: name, OK: true, Detail: fmt.Sprintf(format, args...)})
}

func (c Check) failed(what, name string, err error) {
	c.Report(Finding{What: what, Name: name, Detail: detail(err), Err: err})
}

// detail is an error without what the finding's line says already.
func detail(err error) string {
	if kafka, ok := errors.AsType[*kafkaerr.UnreachableError](err); ok {
		return fmt.Sprintf("%s: %v", kafka.Op, kafka.Err)
	}
	if source, ok := errors.AsType[*pipeline.UnreachableError](err); ok {
		return source.Reason()
	}
	return err.Error()
}

// kafka checks brokers, topics and rights.
func (c Check) kafka(ctx context.Context) {
	client, err := c.connect(ctx)
	if err != nil {
		c.failed("brokers", strings.Join(c.Kafka.Brokers, ", "), err)
		return
	}
	defer client.Close()
	c.brokers(ctx, client)
	c.transactionTimeout(ctx, client)
	if c.describe(ctx, client) {
		ctx, cancel := context.WithTimeout(ctx, 2*brokerTimeout)
		defer cancel()
		c.rights(ctx, client)
	}
}

// connect returns a client of a cluster that answered.
func (c Check) connect(ctx context.Context) (*kgo.Client, error) {
	if _, err := kafkaadmin.Describe(ctx, c.Kafka); err != nil {
		return nil, err
	}
	return kafkaadmin.NewClient(c.Kafka, kgo.RetryTimeout(brokerTimeout), kgo.RequestRetries(2))
}

// brokers asks each broker of the cluster by itself: a client that starts from one of them is sent to the others.
func (c Check) brokers(ctx context.Context, client *kgo.Client) {
	ctx, cancel := context.WithTimeout(ctx, 2*brokerTimeout)
	defer cancel()
	admin := kadm.NewClient(client)
	listed, err := admin.ListBrokers(ctx)
	if err != nil {
		c.failed("brokers", strings.Join(c.Kafka.Brokers, ", "), fmt.Errorf("list the brokers: %w", err))
		return
	}
	versions, err := admin.ApiVersions(ctx)
	if err != nil {
		c.failed("brokers", strings.Join(c.Kafka.Brokers, ", "), fmt.Errorf("ask the brokers: %w", err))
		return
	}
	for _, b := range listed {
		address := fmt.Sprintf("%s:%d", b.Host, b.Port)
		v, asked := versions[b.NodeID]
		switch {
		case !asked:
			c.unreachable(address, errors.New("it did not answer"))
		case v.Err != nil:
			c.unreachable(address, v.Err)
		default:
			c.ok("broker", address, "answers")
		}
	}
}

// transactionTimeout asks whether the brokers allow the one of the file. They refuse it only when a session begins.
func (c Check) transactionTimeout(ctx context.Context, client *kgo.Client) {
	const key = "kafka.transaction_timeout"
	file := c.Layout.File
	if file.Output.Delivery != pipelinefile.DeliveryExactlyOnce {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 2*brokerTimeout)
	defer cancel()
	if err := kafkaadmin.CheckTransactionTimeout(ctx, client, file.Kafka.TransactionTimeout); err != nil {
		c.failed("setting", key, file.Errorf(key, "%v", err))
	}
}

func (c Check) unreachable(address string, err error) {
	c.failed("broker", address, &kafkaerr.UnreachableError{Brokers: []string{address}, Op: "connect", Err: err})
}
