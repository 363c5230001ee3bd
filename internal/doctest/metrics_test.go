package doctest_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/backlog"
	"github.com/loaderline/loaderline/internal/metrics"
)

// series are the names of metrics, each with its labels.
type series map[string]map[string]bool

var (
	described = regexp.MustCompile(`fqName: "([^"]+)".*constLabels: \{([^}]*)\}.*variableLabels: \{([^}]*)\}`)
	labelName = regexp.MustCompile(`([a-z_]+)(?:=|,|$)`)
)

// knownSeries asks the program's registry for what it can have.
func knownSeries(t *testing.T) series {
	t.Helper()
	watch := backlog.New(backlog.Config{Group: "g", ClientID: "c", Status: func() []loaderline.WorkerStatus { return nil }})
	gatherer := metrics.New(metrics.Config{Pipeline: "p", Stages: []string{"s"}, Sources: []string{"s"}, Files: []string{"s"}, Tables: []string{"s"}, Tiers: []string{"t"}, Backlog: watch}).Gatherer()
	known := series{}
	descriptions := make(chan *prometheus.Desc)
	go func() {
		defer close(descriptions)
		gatherer.(prometheus.Collector).Describe(descriptions)
	}()
	for d := range descriptions {
		m := described.FindStringSubmatch(d.String())
		if m == nil {
			t.Fatalf("the description of a metric reads %s", d)
		}
		labels := map[string]bool{}
		for _, part := range m[2:] {
			for _, l := range labelName.FindAllStringSubmatch(part, -1) {
				labels[l[1]] = true
			}
		}
		known[m[1]] = labels
	}
	families, err := gatherer.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetType() != dto.MetricType_HISTOGRAM {
			continue
		}
		labels := known[f.GetName()]
		delete(known, f.GetName())
		known[f.GetName()+"_sum"], known[f.GetName()+"_count"] = labels, labels
		bucket := map[string]bool{"le": true}
		for l := range labels {
			bucket[l] = true
		}
		known[f.GetName()+"_bucket"] = bucket
	}
	return known
}

var (
	selector = regexp.MustCompile(`(loaderline_\w+)(?:\{([^}]*)\})?`)
	matcher  = regexp.MustCompile(`(\w+)\s*(?:=~|!~|!=|=)\s*"[^"]*"`)
	grouping = regexp.MustCompile(`\b(?:by|without) \(([^)]*)\)`)
)

// check says what is wrong with the metrics and labels of an expression.
func (known series) check(expression string) error {
	selectors := selector.FindAllStringSubmatch(expression, -1)
	if len(selectors) == 0 {
		return fmt.Errorf("no metric of loaderline in %s", expression)
	}
	if strings.Count(expression, "(") != strings.Count(expression, ")") {
		return fmt.Errorf("a parenthesis is open in %s", expression)
	}
	for _, s := range selectors {
		labels, ok := known[s[1]]
		if !ok {
			return fmt.Errorf("there is no metric %s", s[1])
		}
		for _, m := range matcher.FindAllStringSubmatch(s[2], -1) {
			if !labels[m[1]] {
				return fmt.Errorf("%s has no label %s", s[1], m[1])
			}
		}
		for _, g := range grouping.FindAllStringSubmatch(expression, -1) {
			for label := range strings.SplitSeq(g[1], ", ") {
				if !labels[label] {
					return fmt.Errorf("%s has no label %s to group by", s[1], label)
				}
			}
		}
	}
	return nil
}

func TestExpressionsWithMistakesAreFound(t *testing.T) {
	known := knownSeries(t)
	for expression, want := range map[string]string{
		`sum(loaderline_record_total)`:              "no metric",
		`loaderline_records_total{result="x"}`:      "no label result",
		`sum by (stage) (loaderline_records_total)`: "no label stage",
		`loaderline_source_call_duration_seconds`:   "no metric",
		`rate(up[5m])`:                 "no metric of loaderline",
		`sum(loaderline_records_total`: "parenthesis",
		`histogram_quantile(0.5, loaderline_batch_records_bucket)`: "",
		`sum by (topic) (loaderline_consumer_lag_records)`:         "",
	} {
		err := known.check(expression)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: error %v, want %q", expression, err, want)
		}
	}
}

// inlineMetric is a metric in the text of a page.
var inlineMetric = regexp.MustCompile("`(loaderline_[a-z_]+)")

// TestMetricsInPagesExist checks expressions and names.
func TestMetricsInPagesExist(t *testing.T) {
	known := knownSeries(t)
	for _, p := range pages(t) {
		for _, b := range p.blocks {
			if b.kind() != "promql" {
				continue
			}
			if err := known.check(b.text); err != nil {
				t.Errorf("%s:%d: %v", p.path, b.line, err)
			}
		}
		for _, m := range inlineMetric.FindAllStringSubmatch(p.prose, -1) {
			if known[m[1]] == nil && known[m[1]+"_count"] == nil {
				t.Errorf("%s: there is no metric %s", p.path, m[1])
			}
		}
	}
}

// dashboard is what is checked of a Grafana dashboard.
type dashboard struct {
	UID        string
	Title      string
	Templating struct {
		List []struct {
			Name, Type, Definition string
		}
	}
	Panels []struct {
		ID      int
		Type    string
		Title   string
		GridPos struct{ X, Y, W, H int }
		Targets []struct {
			Expr, RefID string
		}
	}
}

// TestTheDashboardAsksForWhatThereIs checks every expression of examples/grafana/loaderline.json against the registry, and that
// no metric of the pipeline's funnel is left out.
func TestTheDashboardAsksForWhatThereIs(t *testing.T) {
	known := knownSeries(t)
	text := read(t, "examples/grafana/loaderline.json")
	var d dashboard
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatal(err)
	}
	if d.UID == "" || d.Title == "" || len(d.Panels) < 10 {
		t.Fatalf("dashboard %q %q with %d panels", d.UID, d.Title, len(d.Panels))
	}
	variables := map[string]bool{"__range": true, "__rate_interval": true}
	for _, v := range d.Templating.List {
		variables[v.Name] = true
		if v.Type == "query" {
			if err := known.check(v.Definition); err != nil {
				t.Errorf("variable %s: %v", v.Name, err)
			}
		}
	}
	ids := map[int]bool{}
	for _, p := range d.Panels {
		if ids[p.ID] || p.GridPos.X+p.GridPos.W > 24 {
			t.Errorf("panel %q: ID %d is there twice, or it is wider than the page", p.Title, p.ID)
		}
		ids[p.ID] = true
		if p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("panel %q shows nothing", p.Title)
		}
		for _, target := range p.Targets {
			checkExpression(t, p.Title, target.Expr, known, variables)
		}
	}
	for _, name := range []string{
		"records_total", "stage_keys_total", "source_calls_total", "dead_letters_total", "consumer_lag_records", "consumer_lag_seconds",
		"transactions_total", "source_call_duration_seconds_bucket", "paused", "cache_bytes", "cache_evictions_total",
	} {
		if !strings.Contains(text, "loaderline_"+name) {
			t.Errorf("no panel shows loaderline_%s", name)
		}
	}
}

// checkExpression checks that there is each metric and each variable of a panel's expression.
func checkExpression(t *testing.T, panel, expression string, known series, variables map[string]bool) {
	t.Helper()
	if err := known.check(expression); err != nil {
		t.Errorf("panel %q: %v", panel, err)
	}
	for _, m := range regexp.MustCompile(`\$(\w+)`).FindAllStringSubmatch(expression, -1) {
		if !variables[m[1]] {
			t.Errorf("panel %q: there is no variable %s", panel, m[1])
		}
	}
}

// TestGrafanaIsProvisioned follows the files from the compose file to the dashboard's data source.
func TestGrafanaIsProvisioned(t *testing.T) {
	grafana := composeProject(t).Services["grafana"]
	mounted := map[string]bool{}
	for _, v := range grafana.Volumes {
		mounted[v.Target] = true
	}
	home := value(grafana.Environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
	if !mounted[home] {
		t.Errorf("the home dashboard %s is not mounted", home)
	}
	if folder := home[:strings.LastIndexByte(home, '/')]; !strings.Contains(read(t, "examples/grafana/providers.yaml"), folder) {
		t.Errorf("the provider does not read %s", folder)
	}
	if !strings.Contains(read(t, "examples/grafana/datasources.yaml"), "http://prometheus:9090") {
		t.Error("the data source is not the compose file's prometheus")
	}
}
