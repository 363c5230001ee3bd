package loaderline_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/abort"
	"github.com/loaderline/loaderline/stages"
)

// Small events become large records: a worker never holds many more bytes of them than it may, and publishes all.
func TestOutputsAreBounded(t *testing.T) {
	t.Parallel()
	for name, microBatch := range map[string]int{"one micro-batch": 5000, "several micro-batches": 100} {
		t.Run(name, func(t *testing.T) {
			const limit, large, records = 1 << 20, 200_000, 1000
			b := newBroker(t)
			b.publish(events(records)...)
			cfg := numbers(b, doubles)
			cfg.Workers, cfg.MaxOutputBytes, cfg.Consumer.MaxRecords = 1, limit, microBatch
			var held, most, aborted, batches, largest atomic.Int64
			cfg.Encode = func(row stages.Row[int]) ([]loaderline.Record, error) {
				size := 100
				if row.Event() < 200 {
					size = large
				}
				if row.Event() == 42 { // Alone more than the limit, and less than a broker takes.
					return []loaderline.Record{{Value: make([]byte, 900_000)}, {Value: make([]byte, 900_000)}}, nil
				}
				held.Add(int64(size))
				most.Store(max(most.Load(), held.Load()))
				return []loaderline.Record{{Value: []byte(strings.Repeat("x", size))}}, nil
			}
			cfg.OnAbort = func(reason string) {
				held.Store(0)
				if reason != abort.Overflow {
					t.Errorf("aborted by %s", reason)
				}
				aborted.Add(1)
			}
			cfg.OnCommit = func(tally loaderline.Tally) {
				held.Store(0)
				batches.Add(1)
				largest.Store(max(largest.Load(), int64(tally.Records)))
			}
			stop := start(t, cfg)
			b.waitFor(records)
			if err := stop(); err != nil {
				t.Fatal(err)
			}
			seen := map[string]bool{}
			for _, r := range b.read("out", records+1) {
				seen[header(r, "trace")] = true
			}
			if len(seen) != records {
				t.Errorf("%d events are published", len(seen))
			}
			if most.Load() > limit+large {
				t.Errorf("%d bytes were held", most.Load())
			}
			summary := fmt.Sprintf("%d aborted, %d committed, the largest of %d records", aborted.Load(), batches.Load(), largest.Load())
			if aborted.Load() == 0 || aborted.Load() > 20 || batches.Load() > 200 || largest.Load() < 100 {
				t.Error(summary)
			}
		})
	}
}
