package check_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/loaderline/loaderline/internal/command/check"
	"github.com/loaderline/loaderline/internal/devregistry/devregistrytest"
	"github.com/loaderline/loaderline/internal/registry"
)

// The schema of the output is shown, and nothing is registered.
func TestOutputSchema(t *testing.T) {
	t.Parallel()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "events", "enriched", "dead"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	server, client := devregistrytest.Start(t)
	const file = `
kafka: {brokers: [%q]}
registry: {url: %[3]q}
input: {topics: [events], group: enrich}
sources: {shop: {sql: {driver: sqlite, dsn: %[2]q}}}
stages: {user: {source: shop, by: event.user_id, query: "SELECT id, name FROM users WHERE id IN ($keys)", key: id}}
output: {topic: enriched, value: {id: user.id}, format: avro, %[4]s}
dead_letter: {topic: dead}
`
	const schema = `
        {
          "fields": [
            {
              "default": null,
              "name": "id",
              "type": [
                "null",
                "long"
              ]
            }
          ],
          "name": "Enriched",
          "type": "record"
        }`
	run := func(output string) (lines []string, err error) {
		c := checkOf(t, cluster, file, server.URL(), output)
		c.Report = func(f check.Finding) {
			if f.What == "schema" || f.What == "plan" {
				lines = append(lines, f.String())
			}
		}
		return lines, c.Run(t.Context())
	}
	for _, c := range []struct{ output, want string }{
		{"register: true", "ok      schema enriched-value: compatible; a run registers it" + schema},
		{"register: false", "failed  schema enriched-value: pipeline.yaml:"},
		{"id: none", "ok      schema Enriched: used as it is" + schema},
		{"schema: {types: {nothing: text}}", "failed  plan enrich: pipeline.yaml:"},
	} {
		lines, err := run(c.output)
		if strings.HasPrefix(c.want, "ok") {
			if diff := cmp.Diff([]string{c.want}, lines); diff != "" || err != nil {
				t.Errorf("%s: %v %s", c.output, err, diff)
			}
		} else if len(lines) != 1 || !strings.HasPrefix(lines[0], c.want) || err == nil {
			t.Errorf("%s: %q, %v", c.output, lines, err)
		}
	}
	if _, err := client.Latest(t.Context(), "enriched-value"); err == nil {
		t.Error("the check has registered the schema")
	}
	if _, err := client.Register(t.Context(), "enriched-value", &registry.Schema{
		Type: registry.Avro, Text: `{"type":"record","name":"Enriched","fields":[{"name":"id","type":["null","long"],"default":null}]}`,
	}, true); err != nil {
		t.Fatal(err)
	}
	if lines, err := run("register: false"); err != nil || len(lines) != 1 || !strings.HasPrefix(lines[0], "ok      schema enriched-value: registered") {
		t.Errorf("%q, %v", lines, err)
	}
}
