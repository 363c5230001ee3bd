package session_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/outagetest"
	"github.com/loaderline/loaderline/internal/session"
)

// TestKafkaGoesAwayDuringTheStart ends all connections after each response of a start in turn. The brokers are back
// after some attempts to connect, so the start has to succeed.
func TestKafkaGoesAwayDuringTheStart(t *testing.T) {
	t.Parallel()
	for kind, dial := range map[string]outagetest.Dial{
		"brokers that refuse connections": outagetest.Refuse,
		"brokers that close connections":  outagetest.CloseAtOnce,
	} {
		for name := range starts(newWorld(t, 1), consumer.Kafka{}) {
			t.Run(kind+"/"+name, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, 1)
				w.publish(0, 1, 1)
				for n := 1; ; n++ {
					o := &outagetest.Outage{Dial: dial, After: n, Attempts: 3}
					k := consumer.Kafka{Brokers: w.brokers, Opts: o.Options}
					if err := starts(w, k)[name](t.Context()); err != nil && !isLeave(err) {
						t.Errorf("away after response %d: %v", n, err)
					}
					if !o.Began() {
						if n == 1 {
							t.Error("the outage never began")
						}
						return
					}
				}
			})
		}
	}
}

// isLeave reports whether a session could not leave its group, which is not part of a start.
func isLeave(err error) bool {
	e, ok := errors.AsType[*session.Error](err)
	return ok && strings.HasPrefix(e.Op, "leave group ")
}

// TestKafkaStaysAwayDuringTheStart has brokers that do not come back. A supervisor knows the error by its type, and a
// worker knows that it can open the session again.
func TestKafkaStaysAwayDuringTheStart(t *testing.T) {
	t.Parallel()
	for name := range starts(newWorld(t, 1), consumer.Kafka{}) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 1)
			o := &outagetest.Outage{Dial: outagetest.Refuse, After: 2, Attempts: math.MaxInt}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second) // Less than a start itself would wait.
			defer cancel()
			err := starts(w, consumer.Kafka{Brokers: w.brokers, Opts: o.Options})[name](ctx)
			if !errors.Is(err, consumer.ErrUnreachable) && (name != "open" || !session.Recoverable(err)) {
				t.Error(err)
			}
		})
	}
}
