package pipeline

import (
	"log/slog"
	"time"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/format/schemaid"
	"github.com/loaderline/loaderline/internal/jsonenrich"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/tlsfiles"
	"github.com/loaderline/loaderline/sink"
)

// config is the pipeline that Go code would write.
func (c *compiler) config(logger *slog.Logger, watch *tlsfiles.Watch) (loaderline.Config[jsonenrich.Document], error) {
	file := c.layout.File
	kafka, err := Kafka(file, logger, watch)
	if err != nil {
		return loaderline.Config[jsonenrich.Document]{}, err
	}
	encoder := c.compile()
	return loaderline.Config[jsonenrich.Document]{
		Name: file.Name,
		Consumer: consumer.Config{
			Kafka: kafka, Group: file.Input.Group, Topics: file.Input.Topics, Instance: file.Instance,
			Delivery:       deliveries[file.Output.Delivery],
			Start:          consumer.Start{From: starts[file.Input.Start.Position], Time: file.Input.Start.Time},
			SessionTimeout: file.Kafka.SessionTimeout, TransactionTimeout: file.Kafka.TransactionTimeout,
			StaticMembership: file.Kafka.StaticMembership,
			MaxRecords:       file.Batch.MaxRecords, MaxBytes: int(file.Batch.MaxBytes), Linger: noneIfZero(file.Batch.Linger),
		},
		Sink: sink.Config{
			Topic: file.Output.Topic, Topics: file.OutputTopics()[1:], DeadLetterTopic: file.DeadLetter.Topic,
			Partition: partitions[file.Output.Partition], OwnKeys: file.Output.HasKey,
			Source:     sources[file.Output.Source],
			DropHeader: dropHeader(file),
		},
		Retry:           retries(file),
		Workers:         file.Workers,
		DeadLetterLimit: deadLetterLimit(file), DeadLetterWindow: file.DeadLetter.Window,
		Tombstones:      tombstones[file.Input.Tombstones],
		MaxOutputBytes:  int(file.Batch.MaxOutput),
		ShutdownTimeout: noneIfZero(file.Shutdown.Timeout),
		Prepare:         c.open.prepareRecords(),
		Decode:          c.decoder.Decode,
		Plan:            c.plan,
		Encode:          encoder.Encode,
		OnLimits:        encoder.LimitTo,
		Logger:          logger,
		LogWords:        logWords(file),
	}, nil
}

// dropHeader says which headers of the input are about the input's value alone. It returns nil if no value has a schema.
func dropHeader(file *pipelinefile.File) func(name string) bool {
	if !file.Input.Format.HasSchema() && !file.Output.Format.HasSchema() {
		return nil
	}
	return func(name string) bool { return schemaid.IsHeader(schemaid.Value, name) }
}

// merged returns the names of results that may replace the event's own members; nil if the event is in a member of its own.
func (c *compiler) merged() map[string]bool {
	if c.layout.File.Output.Shape != pipelinefile.ShapeMerge {
		return nil
	}
	names := map[string]bool{}
	for _, s := range c.layout.Stages {
		if s.Parent == -1 {
			names[s.Field()] = true
		}
	}
	return names
}

// Kafka says how to reach a file's brokers. It tells watch of the certificates, unless watch is nil.
func Kafka(file *pipelinefile.File, logger *slog.Logger, watch *tlsfiles.Watch) (consumer.Kafka, error) {
	k := consumer.Kafka{Brokers: file.Kafka.Brokers, Logger: logger}
	encryption, err := RenewedTLS(file, "kafka.tls", file.Kafka.TLS, watch)
	if err != nil {
		return k, err
	}
	k.RenewTLS = encryption
	if sasl := file.Kafka.SASL; sasl != nil {
		k.SASL = consumer.SASL{
			Mechanism: string(sasl.Mechanism), Username: sasl.Username, Password: consumer.Secret(sasl.Password.Reveal()),
			CurrentPassword: func() (consumer.Secret, error) {
				password, err := file.Secret("kafka.sasl.password", sasl.Password)
				return consumer.Secret(password), err
			},
		}
		k.AllowPlaintextPassword = sasl.AllowPlaintext
	}
	return k, nil
}

var (
	deliveries = map[pipelinefile.Delivery]consumer.Delivery{
		pipelinefile.DeliveryExactlyOnce: consumer.ExactlyOnce,
		pipelinefile.DeliveryAtLeastOnce: consumer.AtLeastOnce,
	}
	starts = map[pipelinefile.StartPosition]consumer.StartFrom{
		pipelinefile.StartEarliest: consumer.StartEarliest,
		pipelinefile.StartLatest:   consumer.StartLatest,
		pipelinefile.StartNone:     consumer.StartNone,
		pipelinefile.StartTime:     consumer.StartTime,
	}
	partitions = map[pipelinefile.Partition]sink.Partition{
		pipelinefile.PartitionKey:    sink.ByKey,
		pipelinefile.PartitionSource: sink.BySource,
	}
	sources = map[pipelinefile.SourceHeaders]sink.Source{
		pipelinefile.SourceHeadersShort: sink.SourceShort,
		pipelinefile.SourceHeadersFull:  sink.SourceFull,
		pipelinefile.SourceHeadersNone:  sink.SourceNone,
	}
	tombstones = map[pipelinefile.Tombstones]loaderline.Tombstones{
		pipelinefile.TombstonesDeadLetter: loaderline.DeadLetterTombstones,
		pipelinefile.TombstonesForward:    loaderline.ForwardTombstones,
		pipelinefile.TombstonesDrop:       loaderline.DropTombstones,
	}
)

func retries(file *pipelinefile.File) loaderline.Retry {
	r := loaderline.Retry{Unordered: file.Retry.Order == pipelinefile.RetryOrderNone}
	for _, t := range file.Retry.Topics {
		r.Topics = append(r.Topics, loaderline.RetryTopic(t))
	}
	return r
}

// noneIfZero is negative if the file says 0s: in Go code a zero means the default.
func noneIfZero(d time.Duration) time.Duration {
	if d == 0 {
		return -1
	}
	return d
}

// deadLetterLimit is negative if the file says 0%.
func deadLetterLimit(file *pipelinefile.File) float64 {
	if file.DeadLetter.Limit == 0 {
		return -1
	}
	return float64(file.DeadLetter.Limit) / 100
}
