package session_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/devbroker"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
	"github.com/loaderline/loaderline/internal/logtest"
	"github.com/loaderline/loaderline/internal/session"
)

// Two sessions of one process say once that Kafka went away, and once that it is back.
func TestKafkaGoesAwayAndComesBack(t *testing.T) {
	t.Parallel()
	cfg := devbroker.Config{Listen: "127.0.0.1:0", Dir: t.TempDir(), Topics: []string{"in"}}
	broker, err := devbroker.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := broker.Close(); err != nil {
			t.Error(err)
		}
	}()
	cfg.Listen = broker.Addr()
	var log logtest.Buffer
	kafka, shared := kafkaadmin.ShareLog(consumer.Kafka{Brokers: []string{cfg.Listen}, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	running, stop := context.WithCancel(t.Context())
	var polling sync.WaitGroup
	for worker := range 2 {
		s, err := session.Open(t.Context(), session.Config{Config: consumer.Config{Kafka: kafka, Group: "g", Topics: []string{"in"}, Instance: "one"}, Name: "p", Worker: worker, SharedLog: shared})
		if err != nil {
			t.Fatal(err)
		}
		polling.Go(func() {
			for running.Err() == nil {
				if _, err := s.Poll(running); err != nil && running.Err() == nil {
					t.Errorf("poll: %v", err)
					return
				}
			}
			if err := s.Close(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	logged := func(text string) {
		t.Helper()
		for deadline := time.Now().Add(patience); log.Count(text) == 0; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%q was never logged", text)
			}
		}
	}
	const away, back = `level=WARN msg="Kafka is not reachable, waiting for it"`, `level=INFO msg="Kafka is reachable again" after_seconds=`
	if err := broker.Close(); err != nil {
		t.Fatal(err)
	}
	logged(away)
	if broker, err = devbroker.Start(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	logged(back)
	stop()
	polling.Wait()
	if log.Count(away) != 1 || log.Count(back) != 1 {
		t.Errorf("it was said %d times that Kafka is away, and %d times that it is back", log.Count(away), log.Count(back))
	}
}
