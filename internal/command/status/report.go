package status

import (
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/loaderline/loaderline/internal/admin"
	"github.com/loaderline/loaderline/internal/opentxn"
)

// Report is the state of a pipeline at a moment.
type Report struct {
	Pipeline   string      `json:"pipeline"`
	Group      string      `json:"group"`
	State      string      `json:"state"` // as Kafka calls it; Absent where there is no such group
	Members    []Member    `json:"members"`
	Partitions []Partition `json:"partitions"` // of the input and retry topics
	Lag        int64       `json:"lag"`        // of all partitions, in offsets
	// LagSeconds is how old the oldest record is that waits; null where none does or its time is not known.
	LagSeconds *float64 `json:"lag_seconds"`
	// Speed is null with the first of a series.
	Speed       *Speed        `json:"speed"`
	DeadLetters DeadLetters   `json:"dead_letters"`
	Process     *admin.Status `json:"process"` // at http.listen; null if no process of this pipeline responds there
	// OpenTransactions are the transactions that the group, or readers of the output, wait for.
	OpenTransactions []OpenTransaction `json:"open_transactions"`

	at time.Time
}

// Absent is the state of a group that has no member and no offset.
const Absent = "Absent"

// Member is a session in the group.
type Member struct {
	Instance string `json:"instance"`
	// Worker is the number of the session in its process; null without static membership, where Kafka does not know it.
	Worker   *int             `json:"worker"`
	ID       string           `json:"member_id"`
	Host     string           `json:"host"`
	Assigned map[string][]int `json:"assigned"` // partitions, by topic
}

// numberMembers tells the members of a process apart by the partitions that the process says its workers have.
func (r *Report) numberMembers(said admin.Status) {
	for i := range r.Members {
		m := &r.Members[i]
		if m.Worker != nil || m.Instance != said.Instance || len(m.Assigned) == 0 {
			continue
		}
		for _, w := range said.Workers {
			if has(w.Assigned, m.Assigned) {
				m.Worker = &w.Worker
			}
		}
	}
}

// has reports whether a worker has the first of a member's partitions: no two have the same.
func has(worker map[string][]int32, member map[string][]int) bool {
	for topic, partitions := range member {
		if len(partitions) > 0 && slices.Contains(worker[topic], int32(partitions[0])) {
			return true
		}
	}
	return false
}

// Partition is how far the group is in a partition.
type Partition struct {
	Topic     string `json:"topic"`
	Partition int    `json:"partition"`
	Committed *int64 `json:"committed"` // null: none
	End       int64  `json:"end"`
	// Lag is in offsets: markers of transactions between records count. Without a committed offset it is the whole partition.
	Lag int64 `json:"lag"`
	// LagSeconds is the age of the record at the committed offset; null where there is none or it was not answered in time.
	LagSeconds *float64 `json:"lag_seconds"`

	next int64 // the offset to continue with
}

// OpenTransaction keeps readers waiting.
type OpenTransaction struct {
	opentxn.Transaction

	// Command ends it, if its producer is gone.
	Command string `json:"command"`
}

// DeadLetters are the records in the dead-letter topic.
type DeadLetters struct {
	Topic string `json:"topic"`
	// AtMost is the distance from its start to its end: markers of transactions count.
	AtMost int64 `json:"at_most"`
	// Open is how many dlq list shows; null if there are too many to count in time, or if this user may not read them.
	Open *int64 `json:"open"`
}

// Speed is how the lag changes, between two reports.
type Speed struct {
	Done    float64 `json:"records_per_second"`     // committed
	Arrived float64 `json:"new_records_per_second"` // published to the input
	// CaughtUpIn is null where the lag does not shrink.
	CaughtUpIn *float64 `json:"caught_up_in_seconds"`
}

// Since gives r the speed since an earlier report. Partitions that either does not have an offset for are left out.
func (r *Report) Since(earlier Report) {
	took := r.at.Sub(earlier.at).Seconds()
	if took <= 0 {
		return
	}
	before := map[kadm.Partition]Partition{}
	for _, p := range earlier.Partitions {
		before[kadm.Partition{Topic: p.Topic, Partition: int32(p.Partition)}] = p
	}
	var done, arrived int64
	for _, p := range r.Partitions {
		if b, known := before[kadm.Partition{Topic: p.Topic, Partition: int32(p.Partition)}]; known {
			arrived += max(p.End-b.End, 0)
			done += max(p.next-b.next, 0)
		}
	}
	r.Speed = &Speed{Done: float64(done) / took, Arrived: float64(arrived) / took}
	switch net := r.Speed.Done - r.Speed.Arrived; {
	case r.Lag == 0:
		r.Speed.CaughtUpIn = new(float64)
	case net > 0:
		seconds := float64(r.Lag) / net
		r.Speed.CaughtUpIn = &seconds
	}
}
