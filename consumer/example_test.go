package consumer_test

import (
	"fmt"
	"time"

	"github.com/loaderline/loaderline/consumer"
)

// A group that begins with the records of a day, on a cluster with a password.
func ExampleConfig() {
	cfg := consumer.Config{
		Kafka: consumer.Kafka{
			Brokers: []string{"kafka-1:9093", "kafka-2:9093"},
			SASL:    consumer.SASL{Mechanism: "SCRAM-SHA-512", Username: "enrich", Password: "secret"},
		},
		Group:    "enrich",
		Topics:   []string{"user-events"},
		Delivery: consumer.ExactlyOnce,
		Start:    consumer.Start{From: consumer.StartTime, Time: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)},
	}
	fmt.Println(cfg.Delivery, "from", cfg.Start, "with password", cfg.SASL.Password)
	// Output: exactly_once from 2026-11-01T00:00:00Z with password [redacted]
}
