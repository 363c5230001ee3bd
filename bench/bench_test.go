package bench

import (
	"bytes"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/loaderline/loaderline/testenv"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// output returns the output of an event.
func output(id int) testenv.Record {
	return testenv.Record{Value: append([]byte(`{"event":`), testenv.NewEvent(id, 1).Value...)}
}

func TestCounter(t *testing.T) {
	c := newCounter(10)
	c.start = time.Now()
	var records []testenv.Record
	for _, id := range []int{0, 1, 1, 2, 9, 8, 7, 6, 5, 4} {
		records = append(records, output(id))
	}
	if err := c.take(testenv.Batch{Records: records}); err != nil {
		t.Fatal(err)
	}
	select {
	case <-c.done:
		t.Fatal("done, although event 3 is missing")
	default:
	}
	if err := c.take(testenv.Batch{Records: []testenv.Record{output(3)}}); err != nil {
		t.Fatal(err)
	}
	<-c.done
	// The rate is that of the events between the first tenth and the last.
	c.nine = c.tenth.Add(4 * time.Second)
	r := c.result(c.start.Add(5 * time.Second))
	if r.Repeated != 1 || r.Rate != 2 || r.Total != 5 {
		t.Errorf("counted %+v", r)
	}
	for _, value := range []string{"", `{"event":{}}`, `{"event_id":"e-x"}`, string(output(10).Value)} {
		if err := c.take(testenv.Batch{Records: []testenv.Record{{Value: []byte(value)}}}); err == nil {
			t.Errorf("%q was taken", value)
		}
	}
}

func TestSummarize(t *testing.T) {
	got := Summarize([]Result{
		{Processor: "a", Round: 1, Rate: 100, CPU: 1},
		{Processor: "b", Round: 1, Rate: 50, CPU: 3},
		{Processor: "a", Round: 2, Rate: 400, CPU: 2},
		{Processor: "b", Round: 2, Rate: 100, CPU: 1, Verdict: "NOT OK"},
		{Processor: "a", Round: 3, Rate: 200, CPU: 8},
		{Processor: "b", Round: 3, Rate: 80, CPU: 6},
	})
	want := []Summary{
		{Processor: "a", Runs: 3, Rate: 200, Lowest: 100, Highest: 400, CPU: 2, Ratio: 1, LowestRatio: 1, HighestRatio: 1, CPURatio: 1},
		{Processor: "b", Runs: 3, Wrong: 1, Rate: 80, Lowest: 50, Highest: 100, CPU: 3, Ratio: 0.4, LowestRatio: 0.25, HighestRatio: 0.5, CPURatio: 0.75},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestCommand(t *testing.T) {
	w := world{brokers: "b:1", dsn: "postgres://h/d", input: "in", output: "out", dead: "dead", group: "g"}
	p := Processor{
		Name: "x", Command: []string{"x", "-in={input}", "{file}", "{dsn}"},
		File: "{brokers} {dsn} {input} {output} {dead} {group}",
	}
	argv, err := p.command(w, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(argv[2])
	if err != nil || string(text) != "b:1 postgres://h/d in out dead g" {
		t.Errorf("the file holds %q: %v", text, err)
	}
	if diff := cmp.Diff([]string{"x", "-in=in", argv[2], "postgres://h/d"}, argv); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// Nothing of the template is left in the file that a run of loaderline gets.
func TestLoaderlineFile(t *testing.T) {
	p := Loaderline("loaderline", 2, true)
	argv, err := p.command(world{brokers: "b", dsn: "d", input: "i", output: "o", dead: "e", group: "g"}, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(argv[2])
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"{workers}", "{delivery}", "{brokers}", "{dsn}", "{input}", "{output}", "{dead}", "{group}"} {
		if bytes.Contains(text, []byte(word)) {
			t.Errorf("%s is left in\n%s", word, text)
		}
	}
	if !bytes.Contains(text, []byte("delivery: at_least_once")) || !bytes.Contains(text, []byte("workers: 2\n")) {
		t.Errorf("the file is not what was asked for:\n%s", text)
	}
}
