package invalidation_test

import (
	"fmt"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/invalidation"
)

func TestParseCommandRefuses(t *testing.T) {
	t.Parallel()
	const write = `; write {"stage": "user", "keys": [1, 2]}`
	for text, want := range map[string]string{
		``:                                    `it is not JSON: unexpected EOF at byte 0` + write,
		`{"stage":`:                           `it is not JSON: unexpected EOF at byte 9` + write,
		`[]`:                                  `it is not a JSON object` + write,
		`{"stage":"user","key":[1]}`:          `it does not take "key"` + write,
		`{"stage":"user","keys":1}`:           `"keys" cannot be a JSON number` + write,
		`{"stage":7,"keys":[1]}`:              `"stage" cannot be a JSON number` + write,
		`{"stage":"user","stage":"user"}`:     `it is not JSON: duplicate object member name at byte 16` + write,
		`{"keys":[1]}`:                        `it names no stage` + write,
		`{"stage":"user"}`:                    `it has either keys or "all": true` + write,
		`{"stage":"user","keys":[]}`:          `it has either keys or "all": true` + write,
		`{"stage":"u","keys":[1],"all":true}`: `it has either keys or "all": true` + write,
		`{"stage":"user","keys":[1,null]}`:    `keys[1]: a key is a string, a number or a boolean, and a list of those where it is composite`,
		`{"stage":"user","keys":[{"id":1}]}`:  `keys[0]: a key is a string, a number or a boolean, and a list of those where it is composite`,
		`{"stage":"user","keys":[[1,[2]]]}`:   `keys[0]: a key is a string, a number or a boolean, and a list of those where it is composite`,
		`{"stage":"user","keys":[[]]}`:        `keys[0]: a composite key has at least one part`,
	} {
		if _, err := invalidation.ParseCommand([]byte(text)); err == nil || err.Error() != want {
			t.Errorf("%s: %v; want %s", text, err, want)
		}
	}
}

// What is published is what is applied, however many keys there are.
func TestPublish(t *testing.T) {
	onEach(t, func(w *world) {
		t := w.t
		m := &memory{}
		v := invalidation.New(invalidation.Config{Cache: m, Pipeline: "line", Stages: []string{"user", "reviews"}, Topic: w.topic})
		r, stop := w.read(v, nil)
		w.await("caught up", r.Caught())
		many := invalidation.Command{Pipeline: "line", Stage: "user"}
		for i := range 2500 {
			many.Keys = append(many.Keys, jsontext.Value(fmt.Sprint(i)))
		}
		kafka := consumer.Kafka{Brokers: []string{w.broker}}
		for _, c := range []invalidation.Command{many, {Stage: "reviews", All: true}} {
			if err := invalidation.Publish(t.Context(), kafka, w.topic, c); err != nil {
				t.Fatal(err)
			}
		}
		w.until("all is applied", func() bool {
			c := v.Counts()
			return c.Keys["user"] == 2500 && c.All["reviews"] == 1 && c.Records[w.topic][invalidation.Applied] == 4
		})
		stop()
	})
}

func TestPublishToNowhere(t *testing.T) {
	onEach(t, func(w *world) {
		t := w.t
		err := invalidation.Publish(t.Context(), consumer.Kafka{Brokers: []string{w.broker}, Opts: func() []kgo.Opt { return []kgo.Opt{kgo.UnknownTopicRetries(0)} }},
			w.topic+"-gone", invalidation.Command{Stage: "user", All: true})
		if err == nil {
			t.Error("published to a topic that is not there")
		}
	})
}
