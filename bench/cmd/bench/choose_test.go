package main

import (
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/loaderline/loaderline/bench"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// What is wrong with the command line is said before anything is built or started.
func TestWrongUsage(t *testing.T) {
	for args, want := range map[string]string{
		"--shapes zpif":         `there is no shape named "zpif": want some of kill, malformed, members, memory, paced, partitions, peers, records, remote, start, tables, uniform, warm, wide, zipf`,
		"--shapes start naive":  `there is no processor in these shapes named "naive": want some of loaderline, tuned-4`,
		"--shapes kill tuned-4": `there is no processor in these shapes named "tuned-4": want some of flink-async, flink-sql, loaderline, loaderline-static, streams-bulk, streams-cached`,
		"--command mine":        "want NAME=COMMAND",
		"--command =mine":       "want NAME=COMMAND",
		"--events 9":            "9 events: want at least 10",
		"--rounds -1":           "-1 rounds",
		"--paced 10ms":          "paced for 10ms",
		"--profile x tuned":     `named "tuned": want some of loaderline`,
		"--profile x --out y":   "[out profile]",
	} {
		cmd := command()
		cmd.SetArgs(strings.Fields(args))
		cmd.SetOut(io.Discard)
		cmd.SetErr(io.Discard)
		if err := cmd.ExecuteContext(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("bench %s: %v, want %q", args, err, want)
		}
	}
}

// The shapes that need Java run only where they are named: neither without the flag nor with an empty one.
func TestKnownShapes(t *testing.T) {
	for _, shape := range bench.PeerShapes(bench.Programs{}, "") {
		if flag := command().Flags().Lookup("shapes"); strings.Contains(flag.DefValue, shape.Name) {
			t.Errorf("%s is among %s", shape.Name, flag.DefValue)
		}
		s := settings{shapes: []string{shape.Name}}
		chosen, err := s.choose(s.known(bench.Programs{}, ""), nil)
		if err != nil || len(chosen) != 1 || !needPeers(chosen) {
			t.Errorf("%s is not found: %v", shape.Name, err)
		}
	}
	var s settings
	if needPeers(s.known(bench.Programs{}, "")) {
		t.Error("an empty list of shapes needs the peers")
	}
}

func TestChoose(t *testing.T) {
	processors := func(names ...string) (list []bench.Processor) {
		for _, name := range names {
			list = append(list, bench.Processor{Name: name})
		}
		return list
	}
	all := []bench.Shape{{Name: "x", Processors: processors("a", "b")}, {Name: "y", Processors: processors("b", "c")}}
	for name, tc := range map[string]struct {
		settings settings
		names    []string
		want     map[string]string
	}{
		"all":        {want: map[string]string{"x": "a b", "y": "b c"}},
		"shapes":     {settings: settings{shapes: []string{"y"}}, want: map[string]string{"y": "b c"}},
		"processors": {names: []string{"a"}, want: map[string]string{"x": "a"}},
		"both":       {settings: settings{shapes: []string{"x"}}, names: []string{"b"}, want: map[string]string{"x": "b"}},
		"one more":   {settings: settings{commands: []string{"m=./m {input}"}}, names: []string{"c"}, want: map[string]string{"x": "m", "y": "c m"}},
	} {
		t.Run(name, func(t *testing.T) {
			shapes, err := tc.settings.choose(all, tc.names)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for _, shape := range shapes {
				var names []string
				for _, p := range shape.Processors {
					names = append(names, p.Name)
				}
				got[shape.Name] = strings.Join(names, " ")
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
