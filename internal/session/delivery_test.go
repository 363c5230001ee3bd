package session_test

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/session"
)

func deliveries() []consumer.Delivery {
	return []consumer.Delivery{consumer.ExactlyOnce, consumer.AtLeastOnce}
}

// eachDelivery runs a test for each delivery, all at once. Each run has its own world, with numbered records in the
// partitions of in, and its configuration.
func eachDelivery(t *testing.T, partitions int32, records int, test func(*world, session.Config), opts ...kfake.Opt) {
	t.Helper()
	for _, delivery := range deliveries() {
		t.Run(delivery.String(), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, partitions, opts...)
			w.publish(0, records, int(partitions))
			cfg := w.config()
			cfg.Delivery = delivery
			test(w, cfg)
		})
	}
}
