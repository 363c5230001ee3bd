package session_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/internal/session"
)

// TestRefusedRecordsAreFound has any records at fault, in any partitions: they
// are named, no other is, and with ExactlyOnce nothing is visible.
func TestRefusedRecordsAreFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	w.publish(0, 1, 1)
	w.cluster.ControlKey(int16(kmsg.Produce), func(request kmsg.Request) (kmsg.Response, error, bool) {
		w.cluster.KeepControl()
		req, ok := request.(*kmsg.ProduceRequest)
		if !ok {
			return nil, nil, false
		}
		resp, _ := req.ResponseKind().(*kmsg.ProduceResponse)
		refused := false
		for _, topic := range req.Topics {
			answer := kmsg.ProduceResponseTopic{Topic: topic.Topic, TopicID: topic.TopicID}
			for _, p := range topic.Partitions {
				refused = refused || bytes.Contains(p.Records, []byte("poison"))
				answer.Partitions = append(answer.Partitions, kmsg.ProduceResponseTopicPartition{Partition: p.Partition, ErrorCode: kerr.InvalidTimestamp.Code})
			}
			resp.Topics = append(resp.Topics, answer)
		}
		return resp, nil, refused
	})
	cfg := w.config()
	cfg.Partition = session.Preset
	cfg.Opts = func() []kgo.Opt { return []kgo.Opt{kgo.ProducerBatchCompression(kgo.NoCompression())} }
	s := w.open(cfg)
	rapid.Check(t, func(rt *rapid.T) {
		poll(t, s)
		var out []*kgo.Record
		var want []string
		for i := range rapid.IntRange(1, 60).Draw(rt, "records") {
			text := fmt.Sprintf("good%d", i)
			if rapid.IntRange(0, 9).Draw(rt, "luck") == 0 {
				text = fmt.Sprintf("poison%d", i)
				want = append(want, text)
			}
			out = append(out, &kgo.Record{Topic: "out", Partition: int32(rapid.IntRange(0, 2).Draw(rt, "partition")), Value: []byte(text)})
		}
		if want == nil {
			if err := s.GiveBack(t.Context()); err != nil {
				rt.Fatal(err)
			}
			return
		}
		ok, err := s.Commit(t.Context(), out)
		refused, is := errors.AsType[*session.RejectedError](err)
		if ok || !is {
			rt.Fatalf("commit: %t, %v", ok, err)
		}
		var got []string
		for _, refusal := range refused.Records {
			got = append(got, string(refusal.Record.Value))
		}
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatalf("at fault (-want +got):\n%s", diff)
		}
	})
	if got := w.committed("out"); len(got) > 0 {
		t.Errorf("visible: %v", got)
	}
}
