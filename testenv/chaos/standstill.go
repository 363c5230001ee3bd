package chaos

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/loaderline/loaderline/testenv"
)

const (
	// stalledFor is how long records may wait and nothing be committed before somebody has to say so.
	stalledFor = 30 * time.Second
	// saidWithin is how much later a process has to say so: processes ask Kafka every five seconds.
	saidWithin = 15 * time.Second
	// askEvery is how often processes are asked.
	askEvery = time.Second
)

// said is what a process says of itself.
type said struct {
	process string
	answers bool // at all
	ready   bool
	stalled []string // reasons
	lag     float64  // records
}

// admits reports whether a process has told that something is wrong.
func (s said) admits() bool { return !s.answers || !s.ready || len(s.stalled) > 0 && s.lag > 0 }

func (s said) String() string {
	if !s.answers {
		return s.process + " does not answer"
	}
	return fmt.Sprintf("%s: ready %v, loaderline_stalled %q, loaderline_consumer_lag_records %v", s.process, s.ready, s.stalled, s.lag)
}

// standstill judges whether a pipeline makes no progress without saying so. If records wait and nothing was committed for
// half a minute, soon after a process must not be ready, or its metrics must say that it is stalled and that there is
// a lag.
type standstill struct {
	committed int64
	since     time.Time // records have waited and nothing was committed since then; zero where that is not so
	told      bool      // that it is silent and makes no progress
}

// look takes the group's committed offsets, the ends, and what its processes say. It returns what is wrong with that,
// once for each standstill.
func (s *standstill) look(now time.Time, ends, committed int64, all []said) error {
	if committed != s.committed || committed >= ends || len(all) == 0 {
		*s = standstill{committed: committed}
		if committed < ends && len(all) > 0 {
			s.since = now
		}
		return nil
	}
	if s.since.IsZero() {
		s.since = now
	}
	if s.told || now.Sub(s.since) < stalledFor+saidWithin {
		return nil
	}
	words := make([]string, len(all))
	for i, one := range all {
		if one.admits() {
			return nil
		}
		words[i] = one.String()
	}
	s.told = true
	return fmt.Errorf("%d offsets wait, nothing was committed for %v, and no process says so: %s", ends-committed, stalledFor+saidWithin, strings.Join(words, "; "))
}

// watchStandstill asks all processes until ctx ends. While the brokers do not answer, their last answer holds.
func (r *Round) watchStandstill(ctx context.Context) {
	var (
		s               standstill
		ends, committed int64
	)
	for pause(ctx, askEvery) == nil {
		ends = r.latest(ctx, ends, func(ctx context.Context) (int64, error) { return testenv.Ends(ctx, r.kafka, r.input) })
		committed = r.latest(ctx, committed, func(ctx context.Context) (int64, error) {
			sum, _, err := testenv.Committed(ctx, r.kafka, r.group, r.input)
			return sum, err
		})
		var all []said
		for _, m := range r.members {
			if !m.running() {
				continue
			}
			one, _ := m.says(ctx) // One that does not answer admits it.
			all = append(all, one)
		}
		if err := s.look(time.Now(), ends, committed, all); err != nil && ctx.Err() == nil {
			r.silences = append(r.silences, err)
			r.log.ErrorContext(ctx, "problem", "error", err)
		}
	}
}

// latest asks the brokers for an offset. It returns the previous one if they do not answer soon.
func (r *Round) latest(ctx context.Context, before int64, ask func(context.Context) (int64, error)) int64 {
	ctx, cancel := context.WithTimeout(ctx, askEvery)
	defer cancel()
	if now, err := ask(ctx); err == nil {
		return now
	}
	return before
}

// readiness is what each process answers at /readyz.
func (r *Round) readiness() string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.running), 2*askEvery)
	defer cancel()
	var words strings.Builder
	for _, m := range r.members {
		if !m.running() {
			continue
		}
		_, body, err := m.get(ctx, "/readyz")
		if err != nil {
			fmt.Fprintf(&words, "; process %s: %v", m.name, err)
			continue
		}
		text, _ := io.ReadAll(io.LimitReader(body, 4<<10))
		_ = body.Close()
		fmt.Fprintf(&words, "; process %s: %s", m.name, bytes.TrimSpace(text))
	}
	return words.String()
}

// says asks the process for its readiness and its metrics.
func (m *member) says(ctx context.Context) (said, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*askEvery)
	defer cancel()
	s := said{process: m.name}
	status, body, err := m.get(ctx, "/readyz")
	if err != nil {
		return s, err
	}
	_ = body.Close() // The status says it.
	s.ready = status == http.StatusOK
	if _, body, err = m.get(ctx, "/metrics"); err != nil {
		return s, err
	}
	defer body.Close() //nolint:errcheck // It was read.
	s.answers = true
	return s, s.read(body)
}

func (m *member) get(ctx context.Context, path string) (status int, body io.ReadCloser, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+m.address+path, nil)
	if err != nil {
		return 0, nil, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, err
	}
	return answer.StatusCode, answer.Body, nil
}

// read takes the metrics that tell of a standstill.
func (s *said) read(metrics io.Reader) error {
	lines := bufio.NewScanner(metrics)
	for lines.Scan() {
		name, labels, _ := strings.Cut(lines.Text(), "{")
		if name != "loaderline_stalled" && name != "loaderline_consumer_lag_records" {
			continue
		}
		labels, text, _ := strings.Cut(labels, "} ")
		value, err := strconv.ParseFloat(text, 64)
		switch {
		case err != nil:
			return fmt.Errorf("%s: %w", lines.Text(), err)
		case name == "loaderline_consumer_lag_records":
			s.lag += value
		case value == 1:
			s.stalled = append(s.stalled, labels)
		}
	}
	return lines.Err()
}
