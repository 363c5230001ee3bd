package loaderline_test

import (
	"bytes"
	"slices"
	"strconv"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/stages"
)

// The records of an event go to several topics together, or its dead letter does: the limit of each topic is known.
func TestRecordsOfAnEventGoToSeveralTopicsTogether(t *testing.T) {
	t.Parallel()
	b := newWatchedBroker(t)
	b.setLimit("gold", 2000)
	cfg := numbers(b, doubles)
	cfg.Sink.Topics, cfg.Sink.OwnKeys = []string{"gold"}, true
	cfg.Tombstones = loaderline.ForwardTombstones
	cfg.Encode = func(row stages.Row[int]) ([]loaderline.Record, error) {
		value := []byte(strconv.Itoa(row.Event()))
		gold := loaderline.Record{Topic: "gold", Key: value, Value: value}
		if row.Event() == 2 {
			gold.Value = make([]byte, 3000)
		}
		return []loaderline.Record{{Value: value}, gold, gold}, nil
	}
	b.publish(append(events(4), &kgo.Record{Key: []byte("gone")})...)
	stop := start(t, cfg)
	b.waitFor(5)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for topic, n := range map[string]int{"out": 4, "gold": 6, "dead": 1} {
		for _, r := range b.read(topic, n) {
			got = append(got, topic+" "+string(r.Key)+"="+string(bytes.Trim(r.Value, "\x00")))
		}
	}
	slices.Sort(got)
	want := []string{"dead 2=2", "gold 0=0", "gold 0=0", "gold 1=1", "gold 1=1", "gold 3=3", "gold 3=3", "out =0", "out =1", "out =3", "out gone="}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
