package backlog

import (
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/loaderline/loaderline"
)

// Seen makes a Watch that has just been told of partitions.
func Seen(cfg Config, partitions ...Partition) *Watch {
	w := New(cfg)
	w.began, w.answered = time.Now(), time.Now()
	for _, p := range partitions {
		w.states[kadm.Partition{Topic: p.Topic, Partition: p.Number}] = p
	}
	return w
}

// Workers makes a Status.
func Workers(all ...loaderline.WorkerStatus) func() []loaderline.WorkerStatus {
	return func() []loaderline.WorkerStatus { return all }
}
