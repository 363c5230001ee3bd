package pipelinefile_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	pf "github.com/loaderline/loaderline/internal/pipelinefile"
)

const memoryText = `
memory: %s
workers: %d
kafka: {brokers: [localhost:9092]}
input: {topics: [events], group: enrich}
sources: {shop: {sql: {driver: sqlite, dsn: shop.db}}%s}
stages: {user: {source: shop, by: event.user, query: "SELECT id FROM users WHERE id IN ($keys)", key: id}}
output: {topic: enriched}
dead_letter: {topic: dead}
%s`

// parts are what is derived from memory.
type parts struct {
	Cache, MaxBytes, MaxOutput int64
	MaxRecords                 int
	Tables                     []int64
}

func partsOf(f *pf.File) parts {
	p := parts{Cache: f.Cache.Memory, MaxBytes: f.Batch.MaxBytes, MaxOutput: f.Batch.MaxOutput, MaxRecords: f.Batch.MaxRecords}
	for _, s := range f.Sources {
		switch {
		case s.Topic != nil:
			p.Tables = append(p.Tables, s.Topic.Memory)
		case s.File != nil:
			p.Tables = append(p.Tables, s.File.MaxBytes)
		}
	}
	return p
}

func TestMemory(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	const tables = ", users: {topic: {topic: users}}, zones: {file: {path: zones.csv}}"
	for name, tc := range map[string]struct {
		memory        string
		workers       int
		sources, more string
		want          parts
		wrong         string
	}{
		"small":  {memory: "192MiB", workers: 4, want: parts{Cache: 36 * mib, MaxBytes: 27 * mib / 16, MaxOutput: 27 * mib / 4, MaxRecords: 864}},
		"medium": {memory: "512MiB", workers: 4, want: parts{Cache: 116 * mib, MaxBytes: 87 * mib / 16, MaxOutput: 87 * mib / 4, MaxRecords: 2784}},
		"large":  {memory: "4GiB", workers: 4, want: parts{Cache: 1012 * mib, MaxBytes: 8 * mib, MaxOutput: 759 * mib / 4, MaxRecords: 5000}},
		"set by hand": {
			memory: "512MiB", workers: 1, more: "cache: {memory: 64MiB}\nbatch: {max_records: 10, max_bytes: 2KiB}",
			want: parts{Cache: 64 * mib, MaxBytes: 2 << 10, MaxOutput: 100 * mib, MaxRecords: 10},
		},
		"tables": {
			memory: "560MiB", workers: 4, sources: tables,
			want: parts{Cache: 96 * mib, MaxBytes: 9 * mib / 2, MaxOutput: 18 * mib, MaxRecords: 2304, Tables: []int64{64 * mib, 64 * mib}},
		},
		"a table and a disk set by hand": {
			memory: "560MiB", workers: 4, sources: strings.Replace(tables, "topic: users}", "topic: users, memory: 224MiB}", 1),
			more: "cache: {disk: {path: cache, max_bytes: 1GiB, memory: 32MiB}}",
			want: parts{Cache: 48 * mib, MaxBytes: 9 * mib / 4, MaxOutput: 9 * mib, MaxRecords: 1152, Tables: []int64{224 * mib, 64 * mib}},
		},
		"too little": {
			memory: "128MiB", workers: 16,
			wrong: "pipeline.yaml:2:9: memory: \"128MiB\" is too little: the process has 48 MiB, cache.memory is 20 MiB, and workers need 8.0 MiB each; write at least 219MiB, or fewer workers",
		},
		"too little beside what is set": {
			memory: "256MiB", workers: 4, more: "cache: {memory: 256MiB}",
			wrong: "pipeline.yaml:2:9: memory: \"256MiB\" is too little: the process has 48 MiB, cache.memory is 256 MiB, and workers need 8.0 MiB each; write at least 336MiB, or fewer workers",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := pf.Parse("pipeline.yaml", fmt.Appendf(nil, memoryText, tc.memory, tc.workers, tc.sources, tc.more), pf.Options{})
			if err != nil || tc.wrong != "" {
				if fmt.Sprint(err) != tc.wrong {
					t.Errorf("%v\nwant\n%s", err, tc.wrong)
				}
				return
			}
			if diff := gocmp.Diff(tc.want, partsOf(f)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// The parts never exceed the whole, with as much for garbage as a worker has in use.
func TestMemoryIsNeverExceeded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		mib, workers := rapid.Int64Range(96, 1<<14).Draw(t, "mib"), rapid.IntRange(1, 256).Draw(t, "workers")
		sources := rapid.SampledFrom([]string{"", ", users: {topic: {topic: users}}", ", a: {topic: {topic: a}}, b: {file: {path: b.csv}}"}).Draw(t, "sources")
		f, err := pf.Parse("pipeline.yaml", fmt.Appendf(nil, memoryText, fmt.Sprintf("%dMiB", mib), workers, sources, ""), pf.Options{})
		if err != nil {
			said := regexp.MustCompile(`is too little: .*; write at least (\d+MiB), or fewer workers$`).FindStringSubmatch(err.Error())
			if said == nil {
				t.Fatal(err)
			}
			if _, err := pf.Parse("pipeline.yaml", fmt.Appendf(nil, memoryText, said[1], workers, sources, ""), pf.Options{}); err != nil {
				t.Fatalf("after %s was asked for: %v", said[1], err)
			}
			return
		}
		p := partsOf(f)
		sum := pf.ProcessMemory + p.Cache + 2*int64(workers)*(p.MaxBytes+p.MaxOutput)
		for _, table := range p.Tables {
			sum += table
		}
		if sum > mib<<20 || p.MaxRecords < 1 || p.MaxBytes < 1 {
			t.Fatalf("the parts have %d bytes, and the whole has %d MiB: %+v", sum, mib, p)
		}
	})
}
