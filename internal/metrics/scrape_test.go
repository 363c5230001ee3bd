package metrics_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/loaderline/loaderline/internal/metrics"
)

// scrape returns the text of a scrape.
func scrape(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

// series are the values of the pipeline's series, by name and labels without that of the pipeline.
func series(t *testing.T, text string) map[string]float64 {
	t.Helper()
	all := map[string]float64{}
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "loaderline_") {
			continue
		}
		end := strings.LastIndexByte(strings.TrimSpace(line), ' ')
		value, err := strconv.ParseFloat(strings.TrimSpace(line[end+1:]), 64)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		name, labels, _ := strings.Cut(strings.TrimSuffix(line[:end], "}"), "{")
		if !strings.Contains(labels, `pipeline="p"`) {
			t.Errorf("%q has no label for the pipeline", line)
		}
		var others []string
		for label := range strings.SplitSeq(labels, ",") {
			if label != `pipeline="p"` {
				others = append(others, label)
			}
		}
		if len(others) > 0 {
			name += "{" + strings.Join(others, ",") + "}"
		}
		all[name] = value
	}
	return all
}
