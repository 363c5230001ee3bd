package consumer_test

import (
	"testing"
	"time"

	"github.com/loaderline/loaderline/consumer"
)

func TestStartAsText(t *testing.T) {
	for want, start := range map[string]consumer.Start{
		"earliest": {}, "latest": {From: consumer.StartLatest}, "none": {From: consumer.StartNone},
		"2026-11-24T01:02:03.004Z": {From: consumer.StartTime, Time: time.Date(2026, 11, 24, 1, 2, 3, 4_000_000, time.UTC)},
	} {
		if got := start.String(); got != want {
			t.Errorf("%+v is %q, want %q", start, got, want)
		}
	}
}
