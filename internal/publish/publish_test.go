package publish_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
	"github.com/loaderline/loaderline/internal/offsetexpr"
	"github.com/loaderline/loaderline/internal/publish"
	"github.com/loaderline/loaderline/internal/topicread"
)

func TestKey(t *testing.T) {
	for _, test := range []struct{ path, line, want string }{
		{"user_id", `{"user_id":7}`, "7"},
		{"event.user_id", `{"user_id":7}`, "7"},
		{"user_id", `{"user_id":9007199254740993}`, "9007199254740993"},
		{"user_id", `{"user_id":1.50}`, "1.50"},
		{"user_id", `{"user_id":"\u00e9\"\n"}`, "é\"\n"},
		{"user_id", `{"user_id":""}`, ""},
		{"ok", `{"ok":false}`, "false"},
		{`user."a b"`, `{"user":{"a b":"x"}}`, "x"},
		{"events", `{"events":"not the root"}`, "not the root"},
	} {
		t.Run(test.path+" in "+test.line, func(t *testing.T) {
			k, err := publish.ParseKey(test.path)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // A Key is used for every line.
				got, err := k.In([]byte(test.line))
				if err != nil || string(got) != test.want || got == nil {
					t.Fatalf("got %q, %v, want %q", got, err, test.want)
				}
			}
		})
	}
	for _, line := range []string{`{}`, `{"user_id":[7]}`, `{"user_id":{}}`, `[7]`, `7`, `{"user_id":7`, ``, `{"user_id":7}{}`} {
		k, err := publish.ParseKey("user_id")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := k.In([]byte(line)); err == nil {
			t.Errorf("%s has the key %q", line, got)
		}
	}
	k, err := publish.ParseKey("user_id")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := k.In([]byte(`{"user_id":null}`)); got != nil || err != nil || k.Nulls() != 1 {
		t.Errorf("null: %q, %v, counted %d times", got, err, k.Nulls())
	}
	for _, path := range []string{"", "event", "items[].id", "a..b", "a b"} {
		if _, err := publish.ParseKey(path); err == nil {
			t.Errorf("%q is a path", path)
		}
	}
}

// kafka is a broker with the topic events, which takes 4,096 bytes a record.
func kafka(t *testing.T) consumer.Kafka {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	k := consumer.Kafka{Brokers: cluster.ListenAddrs()}
	err = kafkaadmin.CreateTopics(t.Context(), k, kafkaadmin.TopicSpec{Name: "events", Partitions: 1, Configs: map[string]string{"max.message.bytes": "4096"}})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// values are what is in the topic.
func values(t *testing.T, k consumer.Kafka) (values []string) {
	t.Helper()
	err := topicread.Read(t.Context(), topicread.Config{Kafka: k, Topics: []string{"events"}, To: &offsetexpr.Position{Kind: offsetexpr.Latest}}, func(r *kgo.Record) error {
		values = append(values, string(r.Value))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return values
}

func TestPublish(t *testing.T) {
	long := strings.Repeat("x", 3000)
	for name, test := range map[string]struct {
		in      string
		key     string
		want    []string
		refused []int64 // the lines
		failed  int64   // the line
	}{
		"byte for byte":             {in: "{\"a\":1 }\nnot JSON\n\xff\x00\n", want: []string{"{\"a\":1 }", "not JSON", "\xff\x00"}},
		"a last line without end":   {in: "a\nb", want: []string{"a", "b"}},
		"empty lines are left out":  {in: "\n\na\n\r\nb\n\n", want: []string{"a", "b"}},
		"nothing":                   {},
		"a long line":               {in: long + "\na\n", want: []string{long, "a"}},
		"lines that are too long":   {in: "a\n\n" + strings.Repeat("x", 5000) + "\nb\n" + strings.Repeat("x", 200_000) + "\nc", want: []string{"a", "b", "c"}, refused: []int64{3, 5}},
		"a line at the topic's end": {in: "a\n" + strings.Repeat("x", 4096) + "\nb\n", want: []string{"a", "b"}, refused: []int64{2}},
		"a last line too long":      {in: "a\n" + strings.Repeat("x", 5000), want: []string{"a"}, refused: []int64{2}},
		"a line without the key":    {in: "{\"id\":1}\n{}\n{\"id\":2}\n", key: "id", want: []string{`{"id":1}`, `{"id":2}`}, refused: []int64{2}},
		"a file that breaks off":    {in: "a\nbroken", want: []string{"a"}, failed: 2},
	} {
		t.Run(name, func(t *testing.T) {
			k := kafka(t)
			var refused []int64
			cfg := publish.Config{Kafka: k, Topic: "events", Refused: func(e *publish.LineError) { refused = append(refused, e.Line) }}
			if test.key != "" {
				var err error
				if cfg.Key, err = publish.ParseKey(test.key); err != nil {
					t.Fatal(err)
				}
			}
			in := io.Reader(strings.NewReader(test.in))
			if test.failed > 0 {
				in = io.MultiReader(in, iotest.ErrReader(errors.New("the disk is gone")))
			}
			n, err := publish.Publish(t.Context(), cfg, in)
			var line int64
			if at, ok := errors.AsType[*publish.LineError](err); ok {
				line = at.Line
			}
			if line != test.failed || (err != nil) != (test.failed > 0) {
				t.Errorf("the error is %v, want one at line %d", err, test.failed)
			}
			if got := values(t, k); !slices.Equal(got, test.want) || int(n) != len(test.want) {
				t.Errorf("%d published, and in the topic are %q, want %q", n, got, test.want)
			}
			if slices.Sort(refused); !slices.Equal(refused, test.refused) {
				t.Errorf("lines %v were refused, want %v", refused, test.refused)
			}
		})
	}
}

// The reader ends the context and then blocks, as a terminal does.
func TestAnInterruptFlushes(t *testing.T) {
	k := kafka(t)
	ctx, cancel := context.WithCancel(t.Context())
	blocked := make(chan struct{})
	defer close(blocked)
	seen := func(_, records int64) {
		if records == 2 {
			cancel()
		}
	}
	in := io.MultiReader(strings.NewReader("a\nb\n"), blockedReader(blocked))
	n, err := publish.Publish(ctx, publish.Config{Kafka: k, Topic: "events", Progress: seen}, in)
	if err == nil || n != 2 {
		t.Errorf("%d published, error %v; want 2 and an error", n, err)
	}
	if got := values(t, k); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("in the topic are %q", got)
	}
}

type blockedReader chan struct{}

func (r blockedReader) Read([]byte) (int, error) {
	<-r
	return 0, io.EOF
}

func TestRate(t *testing.T) {
	start := time.Now()
	n, err := publish.Publish(t.Context(), publish.Config{Kafka: kafka(t), Topic: "events", Rate: 100}, bytes.NewReader(bytes.Repeat([]byte("a\n"), 21)))
	if err != nil || n != 21 {
		t.Fatalf("%d published, %v", n, err)
	}
	if took := time.Since(start); took < 200*time.Millisecond {
		t.Errorf("21 events at 100/s took %s", took)
	}
}
