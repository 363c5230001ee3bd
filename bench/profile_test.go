package bench

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/pprof/profile"
)

// recordedProfile is a profile as a process on some machine records it: main calls work at two addresses, count times each.
func recordedProfile(machine string, start uint64, count int64) *profile.Profile {
	text := &profile.Mapping{ID: 1, Start: start, Limit: start + 0x1000, File: "/home/" + machine + "/loaderline", BuildID: machine, HasFunctions: true}
	work := &profile.Function{ID: 1, Name: "work", SystemName: "work", Filename: "/home/" + machine + "/work.go", StartLine: 10}
	main := &profile.Function{ID: 2, Name: "main.main", SystemName: "main.main", Filename: "/home/" + machine + "/main.go", StartLine: 1}
	locations := []*profile.Location{
		{ID: 1, Mapping: text, Address: start + 1, Line: []profile.Line{{Function: work, Line: 12}}},
		{ID: 2, Mapping: text, Address: start + 2, Line: []profile.Line{{Function: work, Line: 12}}},
		{ID: 3, Mapping: text, Address: start + 3, Line: []profile.Line{{Function: main, Line: 3}}},
	}
	sample := func(leaf *profile.Location, label string) *profile.Sample {
		return &profile.Sample{
			Location: []*profile.Location{leaf, locations[2]}, Value: []int64{count, count * 10},
			Label: map[string][]string{"host": {machine + label}}, NumLabel: map[string][]int64{"worker": {1}},
		}
	}
	return &profile.Profile{
		SampleType: []*profile.ValueType{{Type: "samples", Unit: "count"}, {Type: "cpu", Unit: "nanoseconds"}},
		PeriodType: &profile.ValueType{Type: "cpu", Unit: "nanoseconds"}, Period: 10,
		TimeNanos: 1_764_000_000, DurationNanos: 5, Comments: []string{machine}, DocURL: "http://" + machine,
		Mapping: []*profile.Mapping{text}, Function: []*profile.Function{work, main}, Location: locations,
		Sample: []*profile.Sample{sample(locations[0], "a"), sample(locations[1], "b")},
	}
}

// Each process has its own profile, where Profile looks for it.
func TestProfiled(t *testing.T) {
	w := world{brokers: "b:1", dsn: "postgres://h/d", input: "i", output: "o", dead: "e", group: "g"}
	for _, shape := range Profiled("loaderline") {
		if err := shape.check(); err != nil || shape.Text == "" || len(shape.Processors) != 1 {
			t.Errorf("shape %+v: %v", shape, err)
		}
		launches, err := w.launches(t.Context(), shape.Processors[0], t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		argv := launches[0].argv
		if diff := cmp.Diff([]string{"loaderline", "run", argv[2], "--cpu-profile", argv[2] + ".pprof"}, argv); diff != "" {
			t.Errorf("%s (-want +got)\n%s", shape.Name, diff)
		}
	}
}

// Of several profiles one is left, which holds the calls and nothing of where they were recorded.
func TestProfile(t *testing.T) {
	b := &Bench{dir: t.TempDir()}
	record(t, filepath.Join(b.dir, "a.yaml.pprof"), encoded(t, recordedProfile("alpha", 0x400000, 3)))
	record(t, filepath.Join(b.dir, "b.yaml.pprof"), encoded(t, recordedProfile("beta", 0x500000, 4)))
	record(t, filepath.Join(b.dir, "b.yaml"), encoded(t, recordedProfile("gamma", 0x600000, 100))) // Not by its name.
	var out bytes.Buffer
	if err := b.Profile(&out); err != nil {
		t.Fatal(err)
	}
	got, err := profile.ParseData(out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	want := `PeriodType: cpu nanoseconds
Period: 10
Samples:
samples/count cpu/nanoseconds
         14        140: 1 2 
Locations
     1: 0x0 work :12:0 s=10
     2: 0x0 main.main :3:0 s=1
Mappings
`
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	var plain bytes.Buffer
	if err := got.WriteUncompressed(&plain); err != nil {
		t.Fatal(err)
	}
	for _, trace := range []string{"alpha", "beta", "/", "host", "worker"} {
		if bytes.Contains(plain.Bytes(), []byte(trace)) {
			t.Errorf("%q is left", trace)
		}
	}
}

func TestProfileOfNothing(t *testing.T) {
	empty := encoded(t, recordedProfile("alpha", 0x400000, 0))
	for name, tc := range map[string]struct {
		recorded []byte
		want     string
	}{
		"none":   {nil, "no profiles"},
		"empty":  {empty, "run more events"},
		"broken": {empty[:len(empty)/2], "a.yaml.pprof"},
	} {
		t.Run(name, func(t *testing.T) {
			b := &Bench{dir: t.TempDir()}
			if tc.recorded != nil {
				record(t, filepath.Join(b.dir, "a.yaml.pprof"), tc.recorded)
			}
			if err := b.Profile(io.Discard); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want an error with %q", err, tc.want)
			}
		})
	}
}

// What releases are built with was made by Profile.
func TestReleaseProfile(t *testing.T) {
	p, err := readProfile(filepath.Join("..", "profiles", "loaderline.pgo"))
	if err != nil {
		t.Fatal(err)
	}
	before := p.String()
	stripped, err := mergeProfiles([]*profile.Profile{p})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(stripped.String(), before); diff != "" {
		t.Errorf("more is in it than a compiler reads (-want +got)\n%s", diff)
	}
}

func encoded(t *testing.T, p *profile.Profile) []byte {
	t.Helper()
	var data bytes.Buffer
	if err := p.Write(&data); err != nil {
		t.Fatal(err)
	}
	return data.Bytes()
}

func record(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
