package pipeline

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/cache"
	"github.com/loaderline/loaderline/stages/lookup"
)

type (
	loader = stages.Loader[lookup.Key, *Fragment]
	view   = stages.View[lookup.Key, *Fragment]
)

// compiler builds the plan of a layout.
type compiler struct {
	layout  *Layout
	open    *Pipeline
	lookups map[int]Lookup
	fresh   bool // nothing is cached

	plan      *stages.Plan[Document]
	documents *documents
	events    scannerPaths
	answers   map[string]*answers // by what is asked: stages that ask the same share a loader
	nodes     []*node             // by stage
	single    map[string]stages.Keys[Document, lookup.Key]
	lists     map[string]stages.Lists[Document, lookup.Key]
	whens     map[string]stages.Condition[Document] // by their text
}

// answers is one loader, and what is looked for in its answers.
type answers struct {
	fragments
	lookup Lookup // of the first stage that asks so: what it learns holds for all of them
	loader *loader
	cache  *cache.View[lookup.Key, *Fragment] // nil: not cached
	// keeps says which keys are cached; nil: all are.
	keeps func(lookup.Key) bool
}

// node is a stage in the plan.
type node struct {
	*Stage
	answers  *answers
	member   string // `,"name":`, as the result's place has it
	children []child
	one      stages.Node[Document, *Fragment] // where List is not set
	each     stages.Node[Document, view]      // where it is
}

// child is a stage whose result stands in another's.
type child struct {
	*node
	point int // of the parent's Fragment
}

func newCompiler(layout *Layout, open *Pipeline, lookups map[int]Lookup) *compiler {
	retry := layout.File.Retry
	plan := &stages.Plan[Document]{Retry: stages.Retry{Initial: retry.Initial, Max: retry.Max, MaxElapsed: retry.MaxElapsed}}
	if retry.MaxElapsed == 0 {
		plan.Retry.MaxElapsed = -1
	}
	return &compiler{
		layout: layout, open: open, lookups: lookups, plan: plan, documents: &documents{},
		answers: map[string]*answers{},
		nodes:   make([]*node, len(layout.Stages)),
		single:  map[string]stages.Keys[Document, lookup.Key]{},
		lists:   map[string]stages.Lists[Document, lookup.Key]{},
		whens:   map[string]stages.Condition[Document]{},
	}
}

// compile adds every stage to the plan. What is looked for in an answer is collected before its loader is made.
func (c *compiler) compile() {
	for _, s := range c.layout.Stages {
		id := s.identity()
		if c.answers[id] == nil {
			c.answers[id] = &answers{lookup: c.lookups[s.Index]}
		}
		c.nodes[s.Index] = &node{Stage: s, answers: c.answers[id], member: "," + string(lookup.AppendString(nil, s.Field())) + ":"}
	}
	paths := make([]int, len(c.nodes))
	for i, n := range c.nodes {
		paths[i] = c.keyPath(n)
		if n.Parent >= 0 {
			parent := c.nodes[n.Parent]
			container := jsondoc.Path{Root: n.Into.Root, Steps: n.Into.Steps[:len(n.Into.Steps)-1]}
			parent.answers.places = append(parent.answers.places, place{
				field: parent.answers.value(parent.inFragment(n.Into)), into: n.Into, stage: n.Name,
			})
			parent.children = append(parent.children, child{node: n, point: parent.answers.point(parent.inFragment(container))})
		}
	}
	looks := make([][]look, len(c.nodes))
	for i, n := range c.nodes {
		looks[i] = c.looks(n)
	}
	for i, n := range c.nodes {
		if n.answers.loader == nil {
			n.answers.loader = c.loader(n)
		}
		if n.answers.cache != nil {
			c.open.cached[n.Name] = cached{types: n.answers.lookup.Types, view: n.answers.cache, spreads: c.spreads(n)}
		}
		c.add(n, paths[i], looks[i])
	}
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
	return id
}

// waitsOut says that an outage of the stage's source stops the events.
func (s *Stage) waitsOut() bool { return s.OnOutage == pipelinefile.OnOutagePause }

// question is what a stage asks, and whom.
func (s *Stage) question() string { return fmt.Sprintf("%q %s", s.Source, s.asks()) }

// keyPath finds the number of a stage's key path in what it leads into.
func (c *compiler) keyPath(n *node) int {
	collect, known := &c.events, &c.documents.paths
	inside := func(p jsondoc.Path) jsondoc.Path { return p }
	if n.Root >= 0 {
		root := c.nodes[n.Root]
		collect, known, inside = &root.answers.scannerPaths, &root.answers.paths, root.inFragment
	}
	p := &keyPath{types: n.answers.lookup.Types(), names: n.By}
	if l := asLearner(n.answers.lookup); l != nil {
		p.learners = []learner{l}
	}
	for _, part := range n.By {
		p.parts = append(p.parts, collect.value(inside(part)))
	}
	for i, q := range *known {
		if slices.Equal(q.parts, p.parts) && slices.Equal(q.types, p.types) && (len(q.learners) > 0) == (len(p.learners) > 0) {
			for _, l := range p.learners {
				if !slices.Contains(q.learners, l) {
					q.learners = append(q.learners, l)
				}
			}
			return i
		}
	}
	*known = append(*known, p)
	return len(*known) - 1
}

func (c *compiler) loader(n *node) *loader {
	source := c.open.sources[n.Source]
	cfg := stages.LoaderConfig[lookup.Key, *Fragment]{
		Name: n.Name, MaxBatch: source.file.MaxKeys, Backend: source.backend, RetryMissing: n.waits(), OutageFailsKeys: !n.waitsOut(),
		Clone: func(k lookup.Key) lookup.Key { return lookup.Key(strings.Clone(string(k))) },
	}
	if n.Cache.TTL > 0 && !c.fresh {
		n.answers.cache = cache.For(c.open.memory, cache.ViewConfig[lookup.Key, *Fragment]{
			Loader: n.Name, Version: c.version(n), TTL: n.Cache.TTL, NegativeTTL: n.negativeTTL(),
			StaleIfError: n.Cache.StaleIfError, StaleMissing: n.Many,
			RefreshAfter: float64(n.Cache.Refresh) / 100,
			Codec:        n.answers.codec(),
			Clone:        cfg.Clone,
			Cost: func(k lookup.Key, f *Fragment) int64 {
				if f == nil {
					return int64(len(k))
				}
				return int64(len(k)) + f.bytes()
			},
		})
		cfg.Cache, cfg.FailureTTL = n.answers.cache, n.Cache.NegativeTTL
		if n.answers.keeps = c.keeps(n); n.answers.keeps != nil {
			cfg.Cache = c.keptKeys(n)
		}
	}
	l := stages.NewLoader(n.answers.source(n.answers.lookup), cfg)
	c.open.loaders = append(c.open.loaders, l)
	return l
}

// version tells what a loader loads from what it loaded with another query, or another database. How long answers are kept
// is no part of it: what the tiers hold outlives a change of that.
func (c *compiler) version(n *node) string {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%s %q", n.question(), c.open.sources[n.Source].identity())
	return fmt.Sprintf("%x", h.Sum(nil)[:8])
}
