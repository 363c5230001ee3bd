package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"

	"github.com/loaderline/loaderline/internal/envelope"
	"github.com/loaderline/loaderline/internal/offsetexpr"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/topicread"
	"github.com/loaderline/loaderline/sink"
)

// coordinates are where an event is in the input topic.
type coordinates struct {
	partition int32
	offset    int64
}

// sourceOf reads from an outcome's headers which event it belongs to.
func sourceOf(r *kgo.Record) (coordinates, error) {
	at, found := envelope.SourceCoordinates(r)
	if !found {
		return coordinates{}, fmt.Errorf("a record of topic %s does not say which event it belongs to", r.Topic)
	}
	return coordinates{at.Partition, at.Offset}, nil
}

func header(r *kgo.Record, key string) string {
	for _, h := range r.Headers {
		if h.Key == key {
			return string(h.Value)
		}
	}
	return ""
}

// await reads both output topics until each event has an outcome, or ctx ends.
func (w world) await(ctx context.Context) error {
	var (
		mu   sync.Mutex
		seen = make(map[coordinates]bool, w.Events)
	)
	ctx, done := context.WithCancel(ctx)
	defer done()
	return w.read(ctx, nil, func(r *kgo.Record) error {
		at, err := sourceOf(r)
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		seen[at] = true
		if w.Progress != nil {
			w.Progress(len(seen))
		}
		if len(seen) >= w.Events {
			done()
		}
		return nil
	})
}

// audit is what was read back from the topics once the pipeline had stopped.
type audit struct {
	published                  map[coordinates]string
	outcomes                   map[coordinates]int
	enriched                   int
	dead                       map[string]int
	wrong                      int    // outcomes other than the event should have, and enriched records that are no JSON
	telling                    string // the kind of dead letter that is the best sample
	sampleEnriched, sampleDead *sample
}

// sample is a record to show, with its value as JSON. What cannot be decoded is as it is.
type sample struct {
	*kgo.Record

	json    []byte
	decoded bool
}

// audit reads both output topics from their beginning to their end. Values that have a schema are decoded.
func (w world) audit(ctx context.Context, published map[coordinates]string) (*audit, error) {
	inspector, err := pipeline.NewInspector(w.layout.File, nil, nil)
	if err != nil {
		return nil, err
	}
	defer inspector.Close()
	var mu sync.Mutex // of the audit and the inspector
	a := &audit{published: published, outcomes: make(map[coordinates]int, len(published)), dead: map[string]int{}, telling: string(sink.KindKey)}
	if w.InputFormat.HasSchema() {
		a.telling = string(sink.KindMissing) // A key is always what its schema says.
	}
	dead := w.layout.File.DeadLetter.Topic
	end := offsetexpr.Position{Kind: offsetexpr.Latest}
	err = w.read(ctx, &end, func(r *kgo.Record) error {
		at, err := sourceOf(r)
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		decoded, err := inspector.Decode(ctx, r)
		if err != nil {
			return err
		}
		a.add(at, &sample{r, decoded.Value.Or(r.Value), decoded.Value.JSON != nil}, r.Topic == dead)
		return nil
	})
	if err == nil {
		err = context.Cause(ctx)
	}
	return a, err
}

func (a *audit) add(at coordinates, r *sample, dead bool) {
	a.outcomes[at]++
	kind := ""
	if dead {
		kind = header(r.Record, sink.HeaderErrorKind)
		a.dead[kind]++
		if a.sampleDead == nil || kind == a.telling || !json.Valid(a.sampleDead.json) && json.Valid(r.json) {
			a.sampleDead = r
		}
	} else {
		a.enriched++
		// The shortest that has everything reads best.
		if bytes.Contains(r.json, []byte(`"rating"`)) && (a.sampleEnriched == nil || len(r.json) < len(a.sampleEnriched.json)) {
			a.sampleEnriched = r
		}
	}
	if a.published[at] != kind || !dead && !json.Valid(r.json) {
		a.wrong++
	}
}

// lost is the number of events without an outcome, and repeated that of outcomes beyond the first of an event.
func (a *audit) lost() (n int) {
	for at := range a.published {
		if a.outcomes[at] == 0 {
			n++
		}
	}
	return n
}

func (a *audit) repeated() (n int) {
	for at, times := range a.outcomes {
		if _, ours := a.published[at]; ours {
			times--
		}
		n += times
	}
	return n
}

// read reads both output topics, concurrently. A nil end follows them.
func (w world) read(ctx context.Context, end *offsetexpr.Position, handle func(*kgo.Record) error) error {
	together, ctx := errgroup.WithContext(ctx)
	for _, topic := range []string{w.layout.File.Output.Topic, w.layout.File.DeadLetter.Topic} {
		together.Go(func() error {
			return topicread.Read(ctx, topicread.Config{Kafka: w.kafka, Topics: []string{topic}, To: end}, handle)
		})
	}
	return together.Wait()
}
