package demo

import (
	"cmp"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	_ "github.com/loaderline/loaderline/internal/pipeline/sqlitesource" // The database of the demo.
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/sink"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTheAuditSeesWhatIsWrong(t *testing.T) {
	type seen struct {
		offset int64
		kind   string // empty: enriched
		value  string // Defaults to an object.
	}
	for name, test := range map[string]struct {
		outcomes              []seen
		lost, repeated, wrong int
	}{
		"all is well":                   {[]seen{{0, "", ""}, {1, "", ""}, {2, "key", ""}}, 0, 0, 0},
		"one is lost":                   {[]seen{{0, "", ""}, {2, "key", ""}}, 1, 0, 0},
		"one came twice":                {[]seen{{0, "", ""}, {0, "", ""}, {1, "", ""}, {2, "key", ""}}, 0, 1, 0},
		"one came three times":          {[]seen{{0, "", ""}, {0, "", ""}, {0, "", ""}, {1, "", ""}, {2, "key", ""}}, 0, 2, 0},
		"enriched and dead as well":     {[]seen{{0, "", ""}, {0, "key", ""}, {1, "", ""}, {2, "key", ""}}, 0, 1, 1},
		"of an event that is none":      {[]seen{{0, "", ""}, {1, "", ""}, {2, "key", ""}, {9, "", ""}}, 0, 1, 0},
		"a good event is a dead letter": {[]seen{{0, "missing", ""}, {1, "", ""}, {2, "key", ""}}, 0, 0, 1},
		"a bad event is enriched":       {[]seen{{0, "", ""}, {1, "", ""}, {2, "", ""}}, 0, 0, 1},
		"an enriched event is no JSON":  {[]seen{{0, "", "\x00\x01"}, {1, "", ""}, {2, "key", "\x00"}}, 0, 0, 1},
		"nothing came":                  {nil, 3, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			a := audit{
				published: map[coordinates]string{{0, 0}: "", {0, 1}: "", {0, 2}: "key"},
				outcomes:  map[coordinates]int{}, dead: map[string]int{},
			}
			for _, s := range test.outcomes {
				r := &kgo.Record{Headers: []kgo.RecordHeader{{Key: sink.HeaderErrorKind, Value: []byte(s.kind)}}}
				a.add(coordinates{0, s.offset}, &sample{Record: r, json: []byte(cmp.Or(s.value, "{}"))}, s.kind != "")
			}
			if a.lost() != test.lost || a.repeated() != test.repeated || a.wrong != test.wrong {
				t.Errorf("lost %d, repeated %d, wrong %d; want %d, %d, %d", a.lost(), a.repeated(), a.wrong, test.lost, test.repeated, test.wrong)
			}
		})
	}
}

func TestEvents(t *testing.T) {
	for _, in := range []pipelinefile.Format{pipelinefile.FormatJSON, pipelinefile.FormatAvro} {
		for n, want := range map[int]int{1: 0, 9: 0, 10: 1, 299: 29, 300: 30, 10_000: 30} {
			got := 0
			all := events(n, in)
			for _, e := range all {
				if e.kind != "" {
					got++
				}
			}
			if len(all) != n || got != want {
				t.Errorf("of %d events in %s there are %d and %d bad ones, want %d", n, in, len(all), got, want)
			}
		}
	}
}
