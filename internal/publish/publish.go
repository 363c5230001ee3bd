// Package publish sends lines to a topic, each as the value of a record.
package publish

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
)

const (
	// flushTime bounds the wait for acknowledgements after the last line, or the end of the context.
	flushTime = 30 * time.Second
	// deliveryTime is how long Kafka may be away before a record is given up.
	deliveryTime = time.Minute
)

// Config says where lines go. Zero values are defaults where a field says so.
type Config struct {
	Kafka consumer.Kafka
	// Topic must be there.
	Topic string
	// Key finds a record's key in its line. Defaults to none.
	Key *Key
	// Encode makes the value of a line. Its error is why the line is refused. Defaults to the line, byte for byte.
	Encode func(line []byte) ([]byte, error)
	// Rate is the number of records a second at most. Defaults to no limit.
	Rate float64
	// Refused is called with each line that cannot be published: it is too long, has no key, or cannot be encoded. The others are published.
	// It is called by one goroutine at a time. Required.
	Refused func(*LineError)
	// Progress is called after each line with the bytes read and the records handed to the client. Optional.
	Progress func(read, records int64)
}

// LineError says that a line was not published.
type LineError struct {
	Line int64 // starting at 1
	Err  error
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// Unwrap gives the reason.
func (e *LineError) Unwrap() error { return e.Err }

// Publish sends the lines of in until its end, ctx's end, or a line that could not be read or delivered, which is a
// *LineError. What was sent before is flushed in any case. It returns how many records all in-sync replicas
// acknowledged. Empty lines are left out, and lines that are Refused. Errors at start are those of kafkaadmin.Describe.
func Publish(ctx context.Context, cfg Config, in io.Reader) (published int64, err error) {
	topics, err := kafkaadmin.Describe(ctx, cfg.Kafka, cfg.Topic)
	if err != nil {
		return 0, err
	}
	limit := topics[cfg.Topic].MaxMessageBytes
	client, err := kafkaadmin.NewClient(cfg.Kafka,
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.ProducerLinger(5*time.Millisecond),
		kgo.ProducerBatchMaxBytes(int32(max(limit, 512))),
		kgo.MaxBufferedBytes(64<<20),
		kgo.RecordDeliveryTimeout(deliveryTime),
	)
	if err != nil {
		return 0, err
	}
	defer client.Close()
	// What was handed to the client is flushed when ctx has ended.
	sending, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	p := &publisher{cfg: cfg, client: client, pace: pace{rate: cfg.Rate, start: time.Now()}}
	interrupted := context.AfterFunc(ctx, func() { time.AfterFunc(flushTime, cancel) }) // Handing over blocks while Kafka is away.
	defer interrupted()
	err = p.send(ctx, sending, newLines(in, limit))
	give := time.AfterFunc(flushTime, cancel)
	defer give.Stop()
	if flushErr := client.Flush(sending); flushErr != nil {
		err = errors.Join(err, fmt.Errorf("kafka did not acknowledge everything within %s: %w", flushTime, flushErr))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failed != nil {
		err = p.failed // What came after it is its doing.
	}
	return p.published, err
}

// errInterrupted says that ctx ended before the lines did.
var errInterrupted = errors.New("interrupted")

// publisher sends lines.
type publisher struct {
	cfg    Config
	client *kgo.Client
	pace   pace

	mu        sync.Mutex
	published int64
	failed    *LineError // of the first line
}

// send hands lines to the client until ctx ends. The records live as long as sending.
func (p *publisher) send(ctx, sending context.Context, in *lines) error {
	ended := make(chan struct{})
	defer close(ended)
	var records int64
	for line := range in.all(ctx, ended) {
		if _, ended := errors.AsType[*endError](line.err); ended {
			return &LineError{Line: line.number, Err: line.err}
		}
		record, err := p.record(line)
		if err != nil {
			p.refuse(line.number, err)
			continue
		}
		if err := p.pace.wait(ctx, records); err != nil {
			return err
		}
		p.client.Produce(sending, record, func(_ *kgo.Record, err error) { p.settled(line.number, err) })
		records++
		if p.hasFailed() {
			return nil
		}
		if p.cfg.Progress != nil {
			p.cfg.Progress(line.read, records)
		}
	}
	if ctx.Err() != nil {
		return errInterrupted
	}
	return nil
}

// record is what is published of a line.
func (p *publisher) record(l line) (_ *kgo.Record, err error) {
	if l.err != nil {
		return nil, l.err
	}
	record := &kgo.Record{Topic: p.cfg.Topic, Value: l.text}
	if p.cfg.Key != nil {
		if record.Key, err = p.cfg.Key.In(l.text); err != nil {
			return nil, err
		}
	}
	if p.cfg.Encode != nil {
		if record.Value, err = p.cfg.Encode(bytes.TrimSuffix(l.text, []byte("\r"))); err != nil {
			return nil, fmt.Errorf("it cannot be encoded: %w", err)
		}
	}
	return record, nil
}

func (p *publisher) refuse(number int64, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cfg.Refused(&LineError{Line: number, Err: err})
}

func (p *publisher) settled(number int64, err error) {
	if errors.Is(err, kerr.MessageTooLarge) {
		p.refuse(number, errors.New("with its key it is larger than the topic takes"))
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case err == nil:
		p.published++
	case p.failed == nil || number < p.failed.Line:
		p.failed = &LineError{Line: number, Err: err}
	}
}

func (p *publisher) hasFailed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.failed != nil
}

// pace keeps to a rate from a start.
type pace struct {
	rate  float64
	start time.Time
}

// wait waits until it is the turn of record n.
func (p pace) wait(ctx context.Context, n int64) error {
	if p.rate <= 0 {
		return nil
	}
	early := time.Until(p.start.Add(time.Duration(float64(n) / p.rate * float64(time.Second))))
	if early < time.Millisecond {
		return nil
	}
	timer := time.NewTimer(early)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return errInterrupted
	}
}
