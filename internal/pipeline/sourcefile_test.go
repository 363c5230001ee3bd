package pipeline_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/strictyaml"
)

const tableHead = `
kafka: {brokers: [localhost:9092]}
input: {topics: [events], group: g}
output: {topic: out}
dead_letter: {topic: dead}
cache: {ttl: 1h}
`

// tables returns the layout of a file with sources and stages, whose files are in a folder.
func tables(t *testing.T, folder, text string) *pipeline.Layout {
	t.Helper()
	file, err := pipelinefile.Parse("pipeline.yaml", []byte(tableHead+text), pipelinefile.Options{Dir: folder})
	if err != nil {
		t.Fatal(err)
	}
	layout, err := pipeline.NewLayout(file)
	if err != nil {
		t.Fatal(err)
	}
	return layout
}

// replaceFile replaces a file as a rename does.
func replaceFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path+".next", []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".next", path); err != nil {
		t.Fatal(err)
	}
}

func TestTablesEnrich(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	replaceFile(t, filepath.Join(folder, "zones.csv"), "id,tenant,country,price\n7,a,DE,1.50\n8,a,FR,\n7,b,DE,2\n")
	replaceFile(t, filepath.Join(folder, "trips.ndjson"), "{\"zone\":7,\"km\":1.0}\n{\"zone\":8,\"km\":2}\n{\"zone\":7,\"km\":3}\n")
	p := openLayout(t, tables(t, folder, `
sources:
  zones: {file: {path: zones.csv, key: [tenant, id], types: {id: bigint, price: numeric}}}
  trips: {file: {path: trips.ndjson, key: zone}}
  countries: {inline: {key: code, types: {code: citext}, rows: [{code: DE, name: Germany}, {code: fr, name: "France"}]}}
stages:
  zone: {source: zones, by: [event.tenant, event.zone]}
  country: {source: countries, by: zone.country, into: zone.country_of}
  trips: {source: trips, by: event.zone, many: true, into: rides}
  visited: {source: countries, by: "event.visited[]", on_missing: keep}
`))
	for i, got := range enrich(t, p, `{"tenant":"a","zone":7,"visited":["Fr","x"]}`, `{"tenant":"a","zone":"8"}`, `{"tenant":"c","zone":9}`) {
		want := []string{
			`{"event":{"tenant":"a","zone":7,"visited":["Fr","x"]},"zone":{"id":7,"tenant":"a","country":"DE","price":1.50,"country_of":{"code":"DE","name":"Germany"}},` +
				`"rides":[{"zone":7,"km":1.0},{"zone":7,"km":3}],"visited":[{"code":"fr","name":"France"},null]}`,
			`{"event":{"tenant":"a","zone":"8"},"zone":{"id":8,"tenant":"a","country":"FR","price":null,"country_of":{"code":"fr","name":"France"}},"rides":[],"visited":[]}`,
			`{"event":{"tenant":"c","zone":9},"zone":null,"rides":[],"visited":[]}`,
		}[i]
		if got != want {
			t.Errorf("event %d:\n got %s\nwant %s", i, got, want)
		}
	}
	if served := p.Served(); len(served) != 2 || served["zones"].Rows != 3 || served["trips"].Rows != 3 {
		t.Errorf("%+v is served", served)
	}
}

func TestBrokenTablesAtStart(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ file, source, stage, want string }{
		"a bad row":      {"id,n\n1,a\n2\n", "file: {path: a.csv, key: id}", "", "pipeline.yaml:8:20: sources.s.file.path: FOLDER/a.csv:3: the row has 1 column, and the header has 2"},
		"a key twice":    {"id,n\n1,a\n1,b\n", "file: {path: a.csv, key: id}", "", "pipeline.yaml:8:20: sources.s.file.path: stage zone: FOLDER/a.csv:3: the row has the key of line 2; many: true makes a list of them"},
		"no file":        {"", "file: {path: b.csv, key: id}", "", "pipeline.yaml:8:20: sources.s.file.path: FOLDER/b.csv: no such file or directory"},
		"no format":      {"", "file: {path: zones, key: id}", "", "pipeline.yaml:8:7: sources.s.file: the name of the file does not say its format: it is csv, ndjson or json"},
		"a double key":   {"", "file: {path: a.csv, key: id, types: {id: double}}", "", "pipeline.yaml:8:7: sources.s.file: column id cannot be a key as double; write numeric"},
		"a row inline":   {"", "inline: {key: id, rows: [{id: 1}, {n: 2}, {id: null}]}", "", "pipeline.yaml:8:41: sources.s.inline.rows[1]: the row has no value in column \"id\", which holds the key\npipeline.yaml:8:49: sources.s.inline.rows[2]: the row has no value in column \"id\", which holds the key"},
		"a type inline":  {"", "inline: {key: id, types: {n: bigint}, rows: [{id: 1, n: x}]}", "", "pipeline.yaml:8:52: sources.s.inline.rows[0]: column \"n\" is not of type bigint"},
		"a twin inline":  {"", "inline: {key: id, rows: [{id: 1}, {id: 1}]}", "", "pipeline.yaml:8:41: sources.s.inline.rows[1]: the row has the key of the row in line 8; remove one of them, or write many: true in stage zone for a list of them"},
		"many is a list": {"", "inline: {key: id, rows: [{id: 1}, {id: 1}]}", ", many: true", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			replaceFile(t, filepath.Join(folder, "a.csv"), tc.file)
			text := tableHead + "sources:\n  s: {" + tc.source + "}\nstages:\n  zone: {source: s, by: event.id" + tc.stage + "}\n"
			file, err := pipelinefile.Parse("pipeline.yaml", []byte(text), pipelinefile.Options{Dir: folder})
			if err != nil {
				t.Fatal(err)
			}
			layout, err := pipeline.NewLayout(file)
			var p *pipeline.Pipeline
			if err == nil {
				if p, err = pipeline.Open(t.Context(), layout, pipeline.Options{}); p != nil {
					defer func() { _ = p.Close() }()
				}
			}
			_, placed := errors.AsType[*strictyaml.Error](err)
			if got := strings.ReplaceAll(fmt.Sprint(err), folder, "FOLDER"); tc.want != "" && (got != tc.want || !placed) || tc.want == "" && err != nil {
				t.Errorf("\n got %v\nwant %s", got, tc.want)
			}
		})
	}
}

func TestVersionsOfTables(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	replaceFile(t, filepath.Join(folder, "tiers.csv"), "id,tier,_from,_to\n1,silver,2024-01-01T00:00:00Z,2024-02-01T00:00:00Z\n1,gold,2024-02-01T00:00:00Z,\n")
	p := openLayout(t, tables(t, folder, `
sources:
  tiers: {file: {path: tiers.csv, key: id, types: {id: bigint, _from: timestamptz, _to: timestamptz}}}
  rates: {inline: {key: code, rows: [{code: DE, rate: 16, _from: "2020-07-01T00:00:00Z"}, {code: DE, rate: 19, _from: "2021-01-01T00:00:00Z"}]}}
stages:
  tier: {source: tiers, by: event.user, at: event.at}
  rate: {source: rates, by: event.country, at: event.at}
`))
	want := `{"event":{"user":1,"country":"DE","at":"2024-01-31T23:00:00Z"},"tier":{"id":1,"tier":"silver"},"rate":{"code":"DE","rate":19}}`
	if got := enrich(t, p, `{"user":1,"country":"DE","at":"2024-01-31T23:00:00Z"}`)[0]; got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

// versionOf finds the versions in an output.
var versionOf = regexp.MustCompile(`"version":"(\w+)"`)

// replacement is a file of zones that is replaced while events look keys up in it. Each row of it has the same version.
type replacement struct {
	*pipeline.Pipeline
	path string

	served atomic.Int64 // the version that is served at least
}

const zoneKeys = 50

// replace replaces the file by another one of a version, with some rows more than there are keys and something behind them.
func (r *replacement) replace(t *testing.T, version string, more int, behind string) {
	t.Helper()
	var b strings.Builder
	b.WriteString("id,next,version\n")
	for id := range zoneKeys + more {
		fmt.Fprintf(&b, "%d,%d,%s\n", id, (id*7+3)%zoneKeys, version)
	}
	replaceFile(t, r.path, b.String()+behind)
}

// await waits until the file is served in some way.
func (r *replacement) await(t *testing.T, what string, is func(lookupext.Served) bool) {
	t.Helper()
	tick, end := time.NewTicker(time.Millisecond), time.After(time.Minute)
	defer tick.Stop()
	for !is(r.Served()["zones"]) {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("%s has not come", what)
		}
	}
}

// check enriches events, each of which must have one version, and none older than what was served before.
func (r *replacement) check(t *testing.T, n int) (right bool) {
	t.Helper()
	least := r.served.Load()
	var events []string
	for i := range 4 {
		events = append(events, fmt.Sprintf(`{"from":%d,"to":%d,"via":[%d,%d,%d]}`, (n+i)%zoneKeys, (n+2*i)%zoneKeys, n%zoneKeys, (n+5)%zoneKeys, (n+i*3)%zoneKeys))
	}
	for _, out := range enrich(t, r.Pipeline, events...) {
		found := versionOf.FindAllStringSubmatch(out, -1)
		if len(found) != 7 {
			t.Errorf("not all keys were found: %s", out)
			return false
		}
		var version int64
		if _, err := fmt.Sscan(found[0][1], &version); err != nil || version < least {
			t.Errorf("version %s after version %d was served: %s", found[0][1], least, out)
			return false
		}
		for _, of := range found {
			if of[1] != found[0][1] {
				t.Errorf("an event has seen two versions: %s", out)
				return false
			}
		}
	}
	return true
}

// A file is replaced 100 times while events look several keys up in it, by several stages and in lists. Each event sees one version,
// none that is older than the one that was served before it, and nothing of the broken files in between.
func TestAFileIsReplacedUnderLoad(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	layout := tables(t, folder, `
sources:
  zones: {file: {path: zones.csv, key: id, types: {id: bigint, next: bigint}, poll: 1ms}}
stages:
  from: {source: zones, by: event.from}
  to: {source: zones, by: event.to}
  via: {source: zones, by: "event.via[]"}
  next: {source: zones, by: from.next}
  last: {source: zones, by: next.next}
`)
	versions := 100
	if testing.Short() {
		versions = 25
	}
	for _, reuse := range []bool{false, true} {
		t.Run(fmt.Sprintf("reuse %t", reuse), func(t *testing.T) {
			r := &replacement{path: filepath.Join(folder, "zones.csv")}
			r.replace(t, "0", 0, "")
			r.Pipeline = openOptions(t, layout, pipeline.Options{Reuse: reuse})
			stop := make(chan struct{})
			var load sync.WaitGroup
			for worker := range 3 {
				load.Go(func() {
					for n := worker; r.check(t, n%10); n++ {
						select {
						case <-stop:
							return
						default:
						}
					}
				})
			}
			for version := 1; version <= versions && !t.Failed(); version++ {
				if version%5 == 0 {
					r.replace(t, "broken", -1, "1\n")
					r.await(t, "the broken file", func(now lookupext.Served) bool { return now.Err != nil })
				}
				// Another number of rows tells that this version is served.
				r.replace(t, fmt.Sprint(version), version, "")
				r.await(t, fmt.Sprintf("version %d", version), func(now lookupext.Served) bool { return now.Rows == zoneKeys+version && now.Err == nil })
				r.served.Store(int64(version))
			}
			if reuse { // Each version ends it, so it may begin only now.
				r.await(t, "a result of another event", func(lookupext.Served) bool { return r.Reused() > 0 })
			}
			close(stop)
			load.Wait()
			if !reuse && r.Reused() > 0 {
				t.Errorf("%d events were given results of others", r.Reused())
			}
		})
	}
}
