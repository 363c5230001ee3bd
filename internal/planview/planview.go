// Package planview shows what a pipeline file will do: its topics, and its stages as a tree of what depends on what.
package planview

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
)

// Plan is what a pipeline does, for JSON and for a tree.
type Plan struct {
	Pipeline   string  `json:"pipeline"`
	Workers    int     `json:"workers"`
	Input      Input   `json:"input"`
	Stages     []Stage `json:"stages"` // in the order of the file
	Output     Output  `json:"output"`
	DeadLetter Topic   `json:"dead_letter"`
}

// Input is where events come from.
type Input struct {
	Topics     []string `json:"topics"`
	Group      string   `json:"group"`
	Start      string   `json:"start"`
	Tombstones string   `json:"tombstones"`
}

// Stage is one lookup.
type Stage struct {
	Name      string   `json:"name"`
	DependsOn string   `json:"depends_on"` // event, or the stage that the key comes from
	Source    string   `json:"source"`
	Driver    string   `json:"driver"`
	By        []string `json:"by"`
	Key       []string `json:"key"`
	Many      bool     `json:"many"`
	Into      string   `json:"into"`
	Cache     *Cache   `json:"cache"` // null: not cached
	OnMissing string   `json:"on_missing"`
	OnError   string   `json:"on_error"`

	root int
}

// Cache is how long results are kept.
type Cache struct {
	TTL         string `json:"ttl"`
	NegativeTTL string `json:"negative_ttl"`
	// StaleIfError is empty where nothing stale is served.
	StaleIfError string `json:"stale_if_error,omitempty"`
	// InvalidatedBy are the topics whose records invalidate results.
	InvalidatedBy []string `json:"invalidated_by,omitempty"`
}

// Output is where enriched records go, and how.
type Output struct {
	Topic     string `json:"topic"`
	Delivery  string `json:"delivery"`
	Shape     string `json:"shape"`
	Partition string `json:"partition"`
}

// Topic is a topic.
type Topic struct {
	Topic string `json:"topic"`
}

// New makes a Plan of a layout.
func New(layout *pipeline.Layout) Plan {
	f := layout.File
	p := Plan{
		Pipeline: f.Name, Workers: f.Workers,
		Input:      Input{Topics: f.Input.Topics, Group: f.Input.Group, Start: f.Input.Start.String(), Tombstones: string(f.Input.Tombstones)},
		Stages:     make([]Stage, len(layout.Stages)),
		Output:     Output{Topic: f.Output.Topic, Delivery: string(f.Output.Delivery), Shape: string(f.Output.Shape), Partition: string(f.Output.Partition)},
		DeadLetter: Topic{f.DeadLetter.Topic},
	}
	for i, s := range layout.Stages {
		source, _ := f.Source(s.Source)
		stage := Stage{
			Name: s.Name, DependsOn: "event", Source: s.Source, Driver: string(source.SQL.Driver), By: s.Stage.By, Key: s.Key, Many: s.Many,
			Into: s.Into.String(), OnMissing: string(s.OnMissing), OnError: string(s.OnError), root: s.Root,
		}
		if len(stage.Key) == 0 {
			stage.Key = []string{"_key"}
		}
		if s.Root >= 0 {
			stage.DependsOn = layout.Stages[s.Root].Name
		}
		if s.Cache.TTL > 0 {
			stage.Cache = &Cache{TTL: short(s.Cache.TTL), NegativeTTL: short(s.Cache.NegativeTTL)}
			if s.Cache.StaleIfError > 0 {
				stage.Cache.StaleIfError = short(s.Cache.StaleIfError)
			}
			stage.Cache.InvalidatedBy = invalidatedBy(f.Cache.Invalidate, s.Name)
		}
		p.Stages[i] = stage
	}
	return p
}

// invalidatedBy are the topics that invalidate a stage: those that tell of its rows, and that for commands.
func invalidatedBy(i *pipelinefile.Invalidate, stage string) []string {
	if i == nil {
		return nil
	}
	var topics []string
	for _, c := range i.Changes {
		if slices.Contains(c.Stages, stage) && !slices.Contains(topics, c.Topic) {
			topics = append(topics, c.Topic)
		}
	}
	if i.Topic != "" {
		topics = append(topics, i.Topic)
	}
	return topics
}

// short is a duration without zero parts at its end: 10m, not 10m0s.
func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// Tree is the plan as lines of text.
func (p Plan) Tree() string {
	var b strings.Builder
	fmt.Fprintf(&b, "pipeline %s\n\n", p.Pipeline)
	fmt.Fprintf(&b, "in    %s\n", strings.Join(p.Input.Topics, ", "))
	fmt.Fprintf(&b, "      group %s, starts at %s, tombstones: %s\n", p.Input.Group, p.Input.Start, words(p.Input.Tombstones))
	b.WriteString("event\n")
	p.branch(&b, -1, "")
	fmt.Fprintf(&b, "out   %s\n", p.Output.Topic)
	fmt.Fprintf(&b, "      %s, %s, partition by %s\n", words(p.Output.Delivery), shapes[p.Output.Shape], p.Output.Partition)
	fmt.Fprintf(&b, "dead  %s\n", p.DeadLetter.Topic)
	fmt.Fprintf(&b, "      %s\n", p.reasons())
	return b.String()
}

// branch writes the stages whose keys come from a stage, and theirs.
func (p Plan) branch(b *strings.Builder, root int, indent string) {
	var of []int
	for i, s := range p.Stages {
		if s.root == root {
			of = append(of, i)
		}
	}
	for n, i := range of {
		knot, below := "├─ ", "│  "
		if n == len(of)-1 {
			knot, below = "└─ ", "   "
		}
		s := p.Stages[i]
		fmt.Fprintf(b, "%s%s%s\n", indent, knot, s.title())
		stem := "   "
		for _, other := range p.Stages {
			if other.root == i {
				stem = "│  "
			}
		}
		for _, line := range s.details() {
			fmt.Fprintf(b, "%s%s%s%s\n", indent, below, stem, line)
		}
		p.branch(b, i, indent+below)
	}
}

func (s Stage) title() string {
	rows := "one row"
	if s.Many {
		rows = "list"
	}
	by := strings.Join(s.By, ", ")
	return fmt.Sprintf("%s = %s from %s (%s) by %s", s.Name, rows, s.Source, s.Driver, by)
}

func (s Stage) details() []string {
	cached := "not cached: no ttl"
	if s.Cache != nil {
		cached = "cached " + s.Cache.TTL + ", missing keys " + s.Cache.NegativeTTL
		if s.Cache.StaleIfError != "" {
			cached += ", " + s.Cache.StaleIfError + " longer while the source fails"
		}
	}
	details := []string{fmt.Sprintf("into %s, %s", s.Into, cached)}
	if s.Cache != nil && len(s.Cache.InvalidatedBy) > 0 {
		details = append(details, "invalidated by "+strings.Join(s.Cache.InvalidatedBy, ", "))
	}
	return append(details,
		fmt.Sprintf("no row: %s, failed: %s", outcome(s.OnMissing, s.Many), outcome(s.OnError, false)))
}

// outcome is what a policy does, and where the record goes.
func outcome(policy string, list bool) string {
	switch {
	case policy == string(pipelinefile.OnMissingDeadLetter):
		return "dead letter"
	case policy == string(pipelinefile.OnMissingDrop):
		return "drop the event"
	case list:
		return "[] in out"
	default:
		return "null in out"
	}
}

// reasons are what makes dead letters of this plan.
func (p Plan) reasons() string {
	reasons := []string{"what is not a JSON object"}
	var missing, failed []string
	for _, s := range p.Stages {
		if s.OnMissing == string(pipelinefile.OnMissingDeadLetter) {
			missing = append(missing, s.Name)
		}
		if s.OnError == string(pipelinefile.OnErrorDeadLetter) {
			failed = append(failed, s.Name)
		}
	}
	if len(missing) > 0 {
		reasons = append(reasons, "no "+strings.Join(missing, ", no "))
	}
	if len(failed) > 0 {
		reasons = append(reasons, "a key or lookup that fails in "+strings.Join(failed, ", "))
	}
	return strings.Join(append(reasons, "what is too large"), "; ")
}

func words(name string) string { return strings.ReplaceAll(name, "_", " ") }

var shapes = map[string]string{
	string(pipelinefile.ShapeNest):  "the event in a field of its own",
	string(pipelinefile.ShapeMerge): "stages beside the event's fields",
}
