// Package plan shows what a pipeline file will do: its topics, its stages as a tree of what depends on what, and the
// calls that they make.
package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
)

// Plan is what a pipeline does, for JSON and for a tree.
type Plan struct {
	Pipeline   string   `json:"pipeline"`
	Workers    int      `json:"workers"`
	Input      Input    `json:"input"`
	Stages     []Stage  `json:"stages"` // in the order of the file
	Batch      Batch    `json:"batch"`
	Sources    []Source `json:"sources"` // in the order of the file
	Output     Output   `json:"output"`
	Retry      *Retry   `json:"retry,omitempty"` // nil: no retry topics
	DeadLetter Topic    `json:"dead_letter"`
	Memory     *Memory  `json:"memory,omitempty"` // nil: nothing bounds it as a whole
}

// Retry is where events wait whose failure is transient.
type Retry struct {
	Topics []RetryTopic `json:"topics"`
	Order  string       `json:"order"`
}

// RetryTopic is a topic and how long events wait in it.
type RetryTopic struct {
	Topic string `json:"topic"`
	Delay string `json:"delay"`
}

// Stage is one lookup.
type Stage struct {
	Name      string   `json:"name"`
	DependsOn string   `json:"depends_on"` // event, or the stage that the key comes from
	Source    string   `json:"source"`
	Driver    string   `json:"driver"`
	By        []string `json:"by"`
	Key       []string `json:"key"` // where a row has its key
	Many      bool     `json:"many"`
	Into      string   `json:"into"`
	Preload   *Preload `json:"preload,omitempty"`   // nil: none
	When      string   `json:"when,omitempty"`      // empty: for every event
	WaitsFor  []string `json:"waits_for,omitempty"` // the stages that when looks at
	InMemory  bool     `json:"in_memory,omitempty"` // the source has its rows in memory: nothing is called or cached
	Cache     *Cache   `json:"cache"`               // null: not cached, but deduplicated and shared in flight
	OnMissing string   `json:"on_missing"`
	OnError   string   `json:"on_error"`
	OnOutage  string   `json:"on_outage"`
	Calls     Calls    `json:"calls"`

	root int
}

// Cache is where and how long results are kept.
type Cache struct {
	Tiers []string `json:"tiers"`
	TTL   string   `json:"ttl"`
	// NegativeTTL is empty where it has no effect, as for a stage that waits for its rows.
	NegativeTTL string `json:"negative_ttl,omitempty"`
	// StaleIfError is empty where nothing stale is served.
	StaleIfError string `json:"stale_if_error,omitempty"`
	// Refresh is empty where nothing is loaded before it has expired.
	Refresh string `json:"refresh,omitempty"`
	// InvalidatedBy are the topics whose records invalidate results.
	InvalidatedBy []string `json:"invalidated_by,omitempty"`
}

// Preload is how the cache is filled at the start.
type Preload struct {
	Wait    bool `json:"wait"`
	MaxRows int  `json:"max_rows"`
}

// Topic is a topic.
type Topic struct {
	Topic string `json:"topic"`
}

// Source is what stages ask, and what all of them together may ask of it.
type Source struct {
	Name     string   `json:"name"`
	Driver   string   `json:"driver"`
	Stages   []string `json:"stages"`
	InMemory bool     `json:"in_memory,omitempty"` // its rows are in memory: there are no calls
	MaxCalls int      `json:"max_calls"`           // at once
	MaxKeys  int      `json:"max_keys"`            // in a call
	Timeout  string   `json:"timeout"`             // of a call
	Rate     *Rate    `json:"rate"`                // null: no bound
	Breaker  *Breaker `json:"breaker"`             // null: none
}

// Rate is how often calls may start.
type Rate struct {
	Calls int    `json:"calls"`
	Per   string `json:"per"`
	Burst int    `json:"burst"`
}

// Breaker is when a source that fails is left alone, and for how long.
type Breaker struct {
	Failures int    `json:"failures"`
	Delay    string `json:"delay"`
}

// keyOf returns where a row has its key: columns, paths or fields.
func keyOf(s *pipeline.Stage, kind pipelinefile.Kind) []string {
	switch {
	case kind == pipelinefile.KindRedis, s.Response.Named, s.Request.One:
		return []string{} // A value does not say whose it is.
	case len(s.Key) == 0 && kind == pipelinefile.KindMongoDB:
		return []string{} // It is the field that find compares.
	case len(s.Key) == 0:
		return []string{lookupext.KeyMember}
	default:
		return s.Key
	}
}

// New makes a Plan of a layout.
func New(layout *pipeline.Layout) Plan {
	f := layout.File
	p := Plan{
		Pipeline: f.Name, Workers: f.Workers,
		Input:      inputOf(f),
		Stages:     make([]Stage, len(layout.Stages)),
		Sources:    make([]Source, len(f.Sources)),
		Output:     outputOf(f),
		Memory:     memoryOf(f),
		DeadLetter: Topic{f.DeadLetter.Topic},
	}
	if len(f.Retry.Topics) > 0 {
		p.Retry = &Retry{Order: string(f.Retry.Order)}
		for _, t := range f.Retry.Topics {
			p.Retry.Topics = append(p.Retry.Topics, RetryTopic{t.Topic, short(t.Delay)})
		}
	}
	for i, s := range layout.Stages {
		source, _ := f.Source(s.Source)
		stage := Stage{
			Name: s.Name, DependsOn: "event", Source: s.Source, Driver: source.Driver(), By: s.Stage.By, Many: s.Many,
			Into: s.Into.String(), When: s.Stage.When, Cache: cacheOf(f, s.Name, s.Cache), OnMissing: string(s.OnMissing), OnError: string(s.OnError), OnOutage: string(s.OnOutage), InMemory: source.Kind().Local(), root: s.Root,
		}
		stage.Key = keyOf(s, source.Kind())
		if s.Root >= 0 {
			stage.DependsOn = layout.Stages[s.Root].Name
		}
		if stage.Cache != nil && s.OnMissing == pipelinefile.OnMissingRetry {
			stage.Cache.NegativeTTL = ""
		}
		if s.Preload != nil {
			stage.Preload = &Preload{Wait: s.Preload.Wait, MaxRows: s.Preload.MaxRows}
		}
		for _, i := range s.WhenStages {
			stage.WaitsFor = append(stage.WaitsFor, layout.Stages[i].Name)
		}
		p.Stages[i] = stage
	}
	for i, s := range f.Sources {
		p.Sources[i] = Source{Name: s.Name, Driver: s.Driver(), Stages: []string{}, InMemory: s.Kind().Local()}
		if !s.Kind().Local() {
			p.Sources[i].MaxCalls, p.Sources[i].MaxKeys, p.Sources[i].Timeout = s.MaxCalls, s.MaxKeys, short(s.Timeout)
		}
		if s.Rate != nil {
			p.Sources[i].Rate = &Rate{Calls: s.Rate.Calls, Per: short(s.Rate.Per), Burst: s.Rate.Burst}
		}
		if s.Breaker.Enabled {
			p.Sources[i].Breaker = &Breaker{Failures: s.Breaker.Failures, Delay: short(s.Breaker.Delay)}
		}
		for _, stage := range layout.Stages {
			if stage.Source == s.Name {
				p.Sources[i].Stages = append(p.Sources[i].Stages, stage.Name)
			}
		}
	}
	p.expect(layout)
	return p
}

// cacheOf is nil for a stage that is not cached.
func cacheOf(f *pipelinefile.File, stage string, c pipelinefile.StageCache) *Cache {
	if c.TTL == 0 {
		return nil
	}
	cache := &Cache{Tiers: append([]string{"memory"}, f.Cache.Tiers()...), TTL: short(c.TTL), NegativeTTL: short(c.NegativeTTL)}
	if c.StaleIfError > 0 {
		cache.StaleIfError = short(c.StaleIfError)
	}
	if c.Refresh > 0 {
		cache.Refresh = fmt.Sprintf("%d%%", c.Refresh)
	}
	cache.InvalidatedBy = invalidatedBy(f.Cache.Invalidate, stage)
	return cache
}

// invalidatedBy returns the topics that invalidate a stage: its change topics, and the topic for commands.
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
