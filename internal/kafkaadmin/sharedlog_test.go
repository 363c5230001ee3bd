package kafkaadmin_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
)

// An outage makes the client warn of the same again and again: that is logged once a minute, and the rest for debugging.
func TestTheClientsWarningsDoNotFloodTheLog(t *testing.T) {
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	client, err := kafkaadmin.NewClient(consumer.Kafka{Brokers: []string{"127.0.0.1:9"}, Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	clientLog := client.OptValue(kgo.WithLogger).(kgo.Logger)
	for range 50 {
		clientLog.Log(kgo.LogLevelWarn, "unable to open connection to broker")
	}
	clientLog.Log(kgo.LogLevelWarn, "another warning")
	if n := strings.Count(log.String(), "level=WARN"); n != 2 {
		t.Errorf("%d warnings", n)
	}
}
