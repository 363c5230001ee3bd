package chaos

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Usage is what a process held at a time.
type Usage struct {
	At         float64 `json:"at"`
	Heap       float64 `json:"heap_bytes"` // live after a collection
	Goroutines float64 `json:"goroutines"`
	Files      float64 `json:"files"`
	Resident   float64 `json:"resident_bytes"`
}

// readUsage takes a process's usage from its metrics. Nobody has to force a collection: a process under load collects
// several times a second, and each sets the size of the heap at which the next begins, which is 1 + GOGC/100 times what
// was live, but for stacks.
func readUsage(metrics io.Reader) (Usage, error) {
	values := map[string]float64{
		"go_memstats_next_gc_bytes": -1, "go_gc_gogc_percent": -1, "go_goroutines": -1, "process_open_fds": -1, "process_resident_memory_bytes": -1,
	}
	for lines := bufio.NewScanner(metrics); lines.Scan(); {
		name, text, _ := strings.Cut(lines.Text(), " ")
		if _, ok := values[name]; !ok {
			continue
		}
		value, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return Usage{}, fmt.Errorf("%s: %w", name, err)
		}
		values[name] = value
	}
	for name, value := range values {
		if value < 0 {
			return Usage{}, fmt.Errorf("the metrics have no %s", name)
		}
	}
	return Usage{
		Heap:       values["go_memstats_next_gc_bytes"] / (1 + values["go_gc_gogc_percent"]/100),
		Goroutines: values["go_goroutines"], Files: values["process_open_fds"], Resident: values["process_resident_memory_bytes"],
	}, nil
}

// watch takes down what the first process uses until ctx ends.
func (r *Round) watch(ctx context.Context) {
	const every = 2 * time.Second
	for pause(ctx, every) == nil {
		usage, err := r.usage(ctx)
		if err != nil {
			if ctx.Err() == nil {
				r.log.WarnContext(ctx, "no sample", slog.Any("error", err))
			}
			continue
		}
		usage.At = tenths(r.since(time.Now()))
		r.result.Usage = append(r.result.Usage, usage)
	}
}

func (r *Round) usage(ctx context.Context) (Usage, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+r.lane.http[0]+"/metrics", nil)
	if err != nil {
		return Usage{}, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return Usage{}, err
	}
	defer answer.Body.Close() //nolint:errcheck // It was read.
	if answer.StatusCode != http.StatusOK {
		return Usage{}, fmt.Errorf("%s: %s", request.URL, answer.Status)
	}
	return readUsage(answer.Body)
}

// judgeUsage says what has grown.
func (r *Round) judgeUsage() {
	var err error
	if r.result.Growths, err = growths(r.result.Usage); err != nil {
		r.problem("%w", err)
	}
	for _, g := range r.result.Growths {
		if !g.Flat {
			r.problem("%s grew by %.1f over the second half, from about %.1f; %.1f are allowed", g.What, g.Growth, g.Median-g.Growth/2, g.Allowed)
		}
	}
}
