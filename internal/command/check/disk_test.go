package check_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/loaderline/loaderline/internal/command/check"
)

// A folder that a run would not use is a warning: the run continues without it.
func TestDiskThatOthersCanWriteToIsAWarning(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "events", "enriched", "dead"))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	folder := filepath.Join(t.TempDir(), "cache")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	c := checkOf(t, cluster, `
kafka: {brokers: [%q]}
input: {topics: [events], group: enrich}
sources: {shop: {sql: {driver: sqlite, dsn: %q}}}
stages: {user: {source: shop, by: event.user_id, query: "SELECT id, name FROM users WHERE id IN ($keys)", key: id, cache: {ttl: 1m}}}
cache: {disk: {path: %q}}
output: {topic: enriched}
dead_letter: {topic: dead}
`, folder)
	for _, test := range []struct {
		mode os.FileMode
		want check.Finding
	}{
		{0o700, check.Finding{What: "cache", Name: "disk", OK: true, Detail: "no other user can write to " + folder}},
		{0o777, check.Finding{What: "cache", Name: "disk", OK: true, Warning: true, Detail: folder + " can be written by other users (mode 0777): name a folder that only the user of this process can write to, or remove this one: a run would continue without it"}},
	} {
		if err := os.Chmod(folder, test.mode); err != nil {
			t.Fatal(err)
		}
		var got []check.Finding
		c.Report = func(f check.Finding) { got = append(got, f) }
		if err := c.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(got, test.want) {
			t.Errorf("%o: no %+v in %+v", test.mode, test.want, got)
		}
	}
}
