package bench

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/internal/pipelinefile"
)

func TestLaunches(t *testing.T) {
	w := world{brokers: "b:1", dsn: "postgres://h/d", input: "in", output: "out", dead: "dead", group: "g"}
	p := Processor{
		Name: "x", Processes: 2, Command: []string{"x", "-in={input}", "{file}", "{dsn}"},
		File: "{brokers} {dsn} {input} {output} {dead} {group} {http}",
	}
	launches, err := w.launches(t.Context(), p, t.TempDir())
	if err != nil || len(launches) != 2 {
		t.Fatalf("%d launches: %v", len(launches), err)
	}
	if launches[0].http == launches[1].http || launches[0].http == "" {
		t.Errorf("both have the address %q", launches[0].http)
	}
	for _, l := range launches {
		if len(l.argv) != 4 {
			t.Fatalf("argv %q", l.argv)
		}
		text, err := os.ReadFile(l.argv[2])
		if err != nil || string(text) != "b:1 postgres://h/d in out dead g "+l.http {
			t.Errorf("the file holds %q: %v", text, err)
		}
		if diff := cmp.Diff([]string{"x", "-in=in", l.argv[2], "postgres://h/d"}, l.argv); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	}
}

// The file of each loaderline is one that loaderline takes, with what was asked for in it.
func TestLoaderlineFiles(t *testing.T) {
	for name, tc := range map[string]struct {
		options LoaderlineOptions
		want    string
	}{
		"loaderline":                 {LoaderlineOptions{}, `workers: 4\n`},
		"loaderline-1":               {LoaderlineOptions{Workers: 1, Linger: "0s"}, `workers: 1\n(?s:.*)batch: {linger: 0s}\n`},
		"loaderline-2-at-least-once": {LoaderlineOptions{Workers: 2, AtLeastOnce: true}, `delivery: at_least_once}`},
		"small":                      {LoaderlineOptions{Name: "small", Memory: "64MiB", MaxRecords: 10, Linger: "1s"}, `batch: {max_records: 10, linger: 1s}\n(?s:.*)cache: {memory: 64MiB}`},
		"warm":                       {LoaderlineOptions{Name: "warm", Preload: true}, `(?s)(.*preload: {query: "SELECT){3}`},
		"static":                     {LoaderlineOptions{Name: "static", Static: true}, `brokers: \["b:1"\]\n  static_membership: true\nhttp:`},
		"none":                       {LoaderlineOptions{Name: "none", Source: "none"}, `delivery: exactly_once, source: none}`},
		"table":                      {LoaderlineOptions{Name: "table", UserOnly: true, Table: true}, `users: {topic: {topic: u, (?s:.*)\n  user: {source: users, by: event.user_id, on_missing: dead_letter}\noutput:`},
		"user":                       {LoaderlineOptions{Name: "user", UserOnly: true, Preload: true}, `(?s)stages:\n  user:(.*preload: {query: "SELECT){1}[^\n]*\noutput:`},
		"few":                        {LoaderlineOptions{Name: "few", MaxRecords: 10}, `batch: {max_records: 10, }\n`},
	} {
		p := Loaderline("loaderline", tc.options)
		if p.Name != name {
			t.Errorf("%s is named %s", name, p.Name)
		}
		w := world{brokers: "b:1", dsn: "postgres://h/d", input: "i", output: "o", dead: "e", group: "g", users: "u"}
		launches, err := w.launches(t.Context(), p, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(launches[0].argv[2])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := pipelinefile.Parse("pipeline.yaml", text, pipelinefile.Options{}); err != nil {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
		if !regexp.MustCompile(tc.want).Match(text) {
			t.Errorf("%s: %s is not in\n%s", name, tc.want, text)
		}
	}
}

func TestTunedNames(t *testing.T) {
	for want, o := range map[string]TunedOptions{
		"tuned": {}, "tuned-4": {Sessions: 4}, "ceiling": {Preload: true}, "ceiling-4-at-least-once": {Sessions: 4, Preload: true, AtLeastOnce: true},
	} {
		if got := Tuned("tuned", o); got.Name != want || got.AtLeastOnce != o.AtLeastOnce {
			t.Errorf("%+v gives %+v", o, got)
		}
	}
}

// Results are told apart by the names of processors.
func TestShapes(t *testing.T) {
	names := map[string]bool{}
	for _, shape := range Shapes(Programs{}) {
		if err := shape.check(); err != nil || shape.Text == "" || names[shape.Name] {
			t.Errorf("shape %s: %v", shape.Name, err)
		}
		names[shape.Name] = true
	}
	twice := Shape{Name: "x", Processors: []Processor{{Name: "a"}, {Name: "a"}}}
	if _, err := (&Bench{}).Run(t.Context(), twice); err == nil || !strings.Contains(err.Error(), "two processors named a") {
		t.Errorf("two of one name: %v", err)
	}
}

func TestNumber(t *testing.T) {
	const text = "# HELP bytes x\nbytes_total 3\nbytes 1.5e+06\n"
	if got, err := number(strings.NewReader(text), "bytes"); got != 1_500_000 || err != nil {
		t.Errorf("got %v: %v", got, err)
	}
	if got, err := number(strings.NewReader(text), "other"); err == nil {
		t.Errorf("got %v of what is not there", got)
	}
}
