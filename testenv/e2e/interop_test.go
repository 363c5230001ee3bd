package e2e_test

import (
	"context"
	"crypto/rand"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/loaderline/loaderline/testenv"
)

// TestKafkaTools runs the commands of docs/kafka-tools.md against the example pipeline: other clients publish to it and
// read from it, headers included.
func TestKafkaTools(t *testing.T) {
	w := newToolWorld(t)
	page, err := os.ReadFile("../../docs/kafka-tools.md")
	if err != nil {
		t.Fatal(err)
	}
	commands := regexp.MustCompile("(?ms)^```sh\n(.*?)^```$").FindAllStringSubmatch(string(page), -1)
	wants := [][]string{
		{},
		{},
		{`(?m)^7 \{"event":\{"user_id":7\},"user":\{"id":7,.*"purchases":\[`, `(?m)^trace=t1,.*loaderline\.source=TOPIC/\d+/0$`},
		{`(?m)^broken \{"user_id":$`, `(?m)^trace=t2,.*loaderline\.error\.kind=decode,.*loaderline\.error\.message=the value is not JSON: `},
		{},
		{`(?m)^trace:t1,.*\t7\t\{"event":\{"user_id":7\},`, `(?m)^trace:t3,.*loaderline\.source:TOPIC/\d+/0\t8\t\{"event":\{"user_id":8\},`},
		{`(?m)^trace:t2,.*loaderline\.error\.kind:decode,.*\tbroken\t\{"user_id":$`},
	}
	if len(commands) != len(wants) {
		t.Fatalf("the page has %d commands, want %d", len(commands), len(wants))
	}
	w.scenario.run("").logged(`"msg":"started"`)
	for i, command := range commands {
		out := w.execute(t, command[1])
		for _, want := range wants[i] {
			if !regexp.MustCompile(strings.ReplaceAll(want, "TOPIC", w.topic)).MatchString(out) {
				t.Errorf("%s\nprints\n%s\nwithout %s", command[1], out, want)
			}
		}
	}
}

// toolWorld is the example pipeline with its own topics.
type toolWorld struct {
	scenario *scenario
	topic    string // of the events; the others' names begin with it
	words    *strings.Replacer
	path     string
}

func newToolWorld(t *testing.T) toolWorld {
	t.Helper()
	w := toolWorld{
		scenario: &scenario{t: t, kafka: testenv.Kafka(t), dsn: testenv.Postgres(t), file: filepath.Join(t.TempDir(), "pipeline.yaml")},
		topic:    "tools-" + strings.ToLower(rand.Text()[:10]),
		path:     testenv.Tools(t) + string(os.PathListSeparator) + os.Getenv("PATH"),
	}
	w.words = strings.NewReplacer("localhost:9092", w.scenario.kafka, "user-events", w.topic)
	if err := testenv.SeedShop(t.Context(), w.scenario.dsn, testenv.ShopConfig{Users: 100, Products: 10}); err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile("../../examples/user-events.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(w.scenario.file, []byte(w.words.Replace(string(example))), 0o600); err != nil {
		t.Fatal(err)
	}
	topics := []string{w.topic, w.topic + "-enriched", w.topic + "-dead"}
	for _, topic := range topics {
		if err := testenv.CreateTopic(t.Context(), w.scenario.kafka, topic, 4); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 30*time.Second)
		defer cancel()
		if err := testenv.DeleteTopics(ctx, w.scenario.kafka, topics...); err != nil {
			t.Log(err)
		}
	})
	return w
}

// execute runs a command of the page, on this world's broker and topics, and returns what it prints.
func (w toolWorld) execute(t *testing.T, command string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", w.words.Replace(command))
	cmd.Env = append(os.Environ(), "PATH="+w.path)
	cmd.WaitDelay = time.Second
	var errors strings.Builder
	cmd.Stderr = &errors
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", command, err, out, errors.String())
	}
	return string(out)
}
