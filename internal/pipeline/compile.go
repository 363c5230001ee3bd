package pipeline

import (
	"crypto/sha256"
	"fmt"
	"math"

	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/internal/jsonenrich"
	"github.com/loaderline/loaderline/internal/loadcache"
	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/resultcache"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

type loader = stages.Loader[lookup.Key, *jsonenrich.Fragment]

// compiler builds the plan of a layout.
type compiler struct {
	layout  *Layout
	open    *Pipeline
	lookups map[int]Lookup
	fresh   bool // nothing is cached

	plan    *stages.Plan[jsonenrich.Document]
	decoder *jsonenrich.Decoder
	reuse   *jsonenrich.Reuse   // nil: each event is looked up
	answers map[string]*answers // by identity: stages with the same identity share a loader
	nodes   []*node             // by stage
	// single and lists have the keys of stages, by edge.
	single map[keyPath]stages.Keys[jsonenrich.Document, lookup.Key]
	lists  map[keyPath]stages.Lists[jsonenrich.Document, lookup.Key]
	whens  map[string]stages.Keys[jsonenrich.Document, bool] // by their text
}

// keyPath is a path to the keys of stages: its number in the document of a root, which is a stage or -1 for the event.
type keyPath struct{ root, path int }

// answers is one loader, with its cache and what is looked for in its rows.
type answers struct {
	jsonenrich.Fragments

	lookup Lookup // of the first stage with this identity; what it learns is true for all of them
	loader *loader
	cache  *resultcache.View[lookup.Key, *jsonenrich.Fragment] // nil: not cached
	// keeps says which keys are cached; nil: all are.
	keeps func(lookup.Key) bool
}

// node is a stage in the plan.
type node struct {
	*Stage

	answers *answers
	result  *jsonenrich.Node
}

func newCompiler(layout *Layout, open *Pipeline, lookups map[int]Lookup, reuse *jsonenrich.Reuse) *compiler {
	retry := layout.File.Retry
	plan := &stages.Plan[jsonenrich.Document]{InitialBackoff: retry.Initial, MaxBackoff: retry.Max, MaxElapsed: retry.MaxElapsed}
	if retry.MaxElapsed == 0 {
		plan.MaxElapsed = -1
	}
	return &compiler{
		layout: layout, open: open, lookups: lookups, plan: plan, decoder: jsonenrich.NewDecoder(jsonenrich.DecoderConfig{
			Format: formats[layout.File.Input.Format], KeyFormat: formats[layout.File.Input.KeyFormat],
			Values: open.schemas.values, Keys: open.schemas.keys, Reuse: reuse,
		}), reuse: reuse,
		answers: map[string]*answers{},
		nodes:   make([]*node, len(layout.Stages)),
		single:  map[keyPath]stages.Keys[jsonenrich.Document, lookup.Key]{},
		lists:   map[keyPath]stages.Lists[jsonenrich.Document, lookup.Key]{},
		whens:   map[string]stages.Keys[jsonenrich.Document, bool]{},
	}
}

// compile adds every stage to the plan, and returns the encoder of its results. It collects what is looked for in events and in
// the rows of a loader before it completes the decoder and the loader.
func (c *compiler) compile() *jsonenrich.Encoder {
	for _, s := range c.layout.Stages {
		id := s.identity()
		if c.answers[id] == nil {
			c.answers[id] = &answers{lookup: c.lookups[s.Index], Fragments: jsonenrich.Fragments{Versions: s.HasVersions(), Many: s.Many}}
		}
		c.nodes[s.Index] = c.node(s, c.answers[id])
	}
	paths := make([]int, len(c.nodes))
	for i, n := range c.nodes {
		paths[i] = c.keyPath(n)
		switch {
		case n.Parent >= 0:
			parent := c.nodes[n.Parent]
			parent.result.Nest(n.result, parent.inFragment(n.Into), n.Into, n.Name)
		case n.Parent == inEvent:
			c.decoder.Nest(n.result, n.Into, n.Into, n.Name)
		}
	}
	moments := make([]jsonenrich.Moment, len(c.nodes))
	for i, n := range c.nodes {
		moments[i] = c.moment(n)
	}
	fields := make([][]jsonenrich.Field, len(c.nodes))
	for i, n := range c.nodes {
		fields[i] = c.fields(n)
	}
	if c.layout.Where != nil {
		c.decoder.Where(c.layout.Where)
	}
	names := c.merged()
	encoder := jsonenrich.NewEncoder(jsonenrich.EncoderConfig{
		Nodes: c.results(), Judge: c.judge, Topic: c.layout.File.Output.Topic, Names: names, Reuse: c.reuse, Decoder: c.decoder,
		Output: c.output(), Values: c.open.schemas.outputs,
	})
	c.decoder.Compile(names)
	for i, n := range c.nodes {
		if n.answers.loader == nil {
			n.answers.loader = c.loader(n)
		}
		if n.answers.cache != nil {
			c.open.cached[n.Name] = cached{types: n.answers.lookup.Types, view: n.answers.cache, spreads: c.spreads(n)}
		}
		c.add(n, paths[i], fields[i], moments[i])
	}
	return encoder
}

func (c *compiler) node(s *Stage, a *answers) *node {
	result := jsonenrich.NewNode(s.Index, s.Field())
	result.List, result.Many, result.Fragments = s.List, s.Many, &a.Fragments
	_, result.Table = a.lookup.(lookupext.Table)
	return &node{Stage: s, answers: a, result: result}
}

// results are the nodes' results, by stage.
func (c *compiler) results() []*jsonenrich.Node {
	results := make([]*jsonenrich.Node, len(c.nodes))
	for i, n := range c.nodes {
		results[i] = n.result
	}
	return results
}

// identity is what a stage asks, for how long it keeps the answer, and whether it waits for one.
func (s *Stage) identity() string {
	id := fmt.Sprintf("%s %+v", s.question(), s.Cache)
	if s.waits() {
		id += " retry"
	}
	if !s.waitsOut() {
		id += " degrade"
	}
	if s.HasVersions() {
		id += " " + string(s.History)
	}
	return id
}

// waitsOut says that an outage of the stage's source stops the events.
func (s *Stage) waitsOut() bool { return s.OnOutage == pipelinefile.OnOutagePause }

// question is what a stage asks, and whom.
func (s *Stage) question() string { return fmt.Sprintf("%q %s", s.Source, s.asks()) }

// keyPath returns the number of a stage's key path in the document that holds the key.
func (c *compiler) keyPath(n *node) int {
	paths := &c.decoder.Paths
	inside := func(p jsondoc.Path) jsondoc.Path { return p }
	if n.Root >= 0 {
		root := c.nodes[n.Root]
		paths, inside = &root.answers.Paths, root.inFragment
	}
	path := jsonenrich.KeyPath{Types: n.answers.lookup.Types()}
	if l := asLearner(n.answers.lookup); l != nil {
		path.Learner = l
	}
	for _, p := range n.By {
		part := jsonenrich.KeyPart{Name: p.Text, Expr: p.Expr}
		if p.Expr == nil {
			part.Path = inside(p.Path)
		} else {
			for _, field := range p.Expr.Paths() {
				part.Fields = append(part.Fields, inside(field))
			}
		}
		path.Parts = append(path.Parts, part)
	}
	return paths.AddKey(path)
}

func (c *compiler) loader(n *node) *loader {
	source := c.open.sources[n.Source]
	cfg := stages.LoaderConfig[lookup.Key, *jsonenrich.Fragment]{
		Name: n.Name, MaxBatch: source.file.MaxKeys, Backend: source.backend, RetryMissing: n.waits(), OutageFailsKeys: !n.waitsOut(),
		AppendOnly: n.History == pipelinefile.HistoryAppendOnly,
	}
	if n.Request.One {
		cfg.MaxBatch = 1
	}
	if table, ok := n.answers.lookup.(lookupext.Table); ok {
		cfg.Local, cfg.MaxBatch = true, math.MaxInt32
		c.reuse.Follow(table.Changes)
	} else if n.Cache.TTL > 0 && !c.fresh {
		n.answers.cache = resultcache.For(c.open.memory, resultcache.ViewConfig[lookup.Key, *jsonenrich.Fragment]{
			Loader: n.Name, Version: c.version(n), TTL: n.Cache.TTL, NegativeTTL: n.negativeTTL(),
			StaleIfError: n.Cache.StaleIfError, StaleMissing: n.Many, KeepExpired: cfg.AppendOnly,
			RefreshAfter: float64(n.Cache.Refresh) / 100,
			Codec:        n.answers.Codec(),
			Cost:         func(k lookup.Key, f *jsonenrich.Fragment) int64 { return int64(len(k)) + f.Bytes() },
		})
		cfg.Cache, cfg.FailureTTL = loadcache.Seal(n.answers.cache), n.Cache.NegativeTTL
		if n.answers.keeps = c.keeps(n); n.answers.keeps != nil {
			cfg.Cache = loadcache.Seal(c.keptKeys(n))
		}
	}
	l := stages.NewLoader(n.answers.Source(n.answers.lookup), cfg)
	c.open.loaders = append(c.open.loaders, l)
	return l
}

// version tells what a loader loads from what it loaded with another query, or another database. How long answers are kept
// is no part of it: what the tiers hold outlives a change of that.
func (c *compiler) version(n *node) string {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%s %q", n.question(), c.open.sources[n.Source].Identity())
	return fmt.Sprintf("%x", h.Sum(nil)[:8])
}
