package bench

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Each peer has a name of its own, and a command in which every word is replaced.
func TestPeerShapes(t *testing.T) {
	w := world{brokers: "b:1", dsn: "postgres://u@h:5/d?sslmode=disable", input: "in", output: "out", dead: "dead", group: "g", state: "s"}
	for _, shape := range PeerShapes(Programs{Loaderline: "loaderline", Tuned: "tuned"}, "built") {
		if err := shape.check(); err != nil || shape.Text == "" {
			t.Errorf("shape %s: %v", shape.Name, err)
		}
		var names []string
		for _, p := range shape.Processors {
			names = append(names, p.Name)
			launches, err := w.launches(t.Context(), p, t.TempDir())
			if err != nil || strings.Contains(strings.Join(launches[0].argv, " "), "{") {
				t.Errorf("%s: %v: %v", p.Name, launches, err)
			}
		}
		if got := strings.Join(names[len(names)-4:], " "); got != "flink-sql flink-async streams-cached streams-bulk" {
			t.Errorf("shape %s ends with %s", shape.Name, got)
		}
	}
	launches, err := w.launches(t.Context(), Peers("built").processors()[0], t.TempDir())
	want := []string{
		"java", "@built/java.args", "@built/flink.args", "loaderline.peers.flink.Sql", "-brokers", "b:1",
		"-jdbc", "jdbc:postgresql://h:5/d?sslmode=disable&user=u", "-input", "in", "-output", "out", "-dead", "dead",
		"-group", "g", "-state", "s", "-parallel", "4",
	}
	if diff := cmp.Diff(want, launches[0].argv); diff != "" || err != nil {
		t.Errorf("(-want +got)\n%s%v", diff, err)
	}
}
