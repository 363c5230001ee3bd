package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/loaderline/loaderline/internal/changerecord"
	"github.com/loaderline/loaderline/internal/codec"
	"github.com/loaderline/loaderline/internal/format/schemaid"
	"github.com/loaderline/loaderline/internal/invalidation"
	"github.com/loaderline/loaderline/internal/jsonenrich"
	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/internal/resultcache"
	"github.com/loaderline/loaderline/stages/lookup"
)

// readChanges reads what the records of change topics mean.
func (l *layouter) readChanges() {
	if l.File.Cache.Invalidate == nil {
		return
	}
	for i, c := range l.File.Cache.Invalidate.Changes {
		mapping, err := changerecord.NewMapping(c.Table, c.Key)
		if wrong, ok := errors.AsType[*changerecord.ColumnError](err); ok {
			key := fmt.Sprintf("cache.invalidate.changes[%d].key", i)
			if len(c.Key) > 1 {
				key = fmt.Sprintf("%s[%d]", key, wrong.Column)
			}
			l.problems = append(l.problems, l.File.Errorf(key, "%v", wrong))
		}
		mapping.Envelope, mapping.OldKey = changerecord.Envelope(c.Envelope), changerecord.OldKey(c.OldKey)
		l.changes = append(l.changes, invalidation.Change{Topic: c.Topic, Mapping: mapping, Stages: c.Stages})
	}
}

// Invalidator applies the changes and commands of the layout's topics to the cache.
func (p *Pipeline) Invalidator(l *Layout, logger *slog.Logger) *invalidation.Invalidator {
	cfg := invalidation.Config{Cache: p, Pipeline: l.File.Name, Changes: slices.Clone(l.changes), Logger: logger}
	if file := l.File.Cache.Invalidate; file != nil {
		cfg.Topic = file.Topic
		for i, c := range file.Changes {
			cfg.Changes[i].Schemas = p.changeSchemas(c.Format, &l.File.Input)
		}
	}
	for _, s := range l.Stages {
		if _, ok := p.cached[s.Name]; ok {
			cfg.Stages = append(cfg.Stages, s.Name)
		}
	}
	return invalidation.New(cfg)
}

// changeSchemas returns what decodes change records of a format, nil for JSON. It spells keys as in events. It returns nil too for a Pipeline that
// is not open: this one reads no records.
func (p *Pipeline) changeSchemas(f pipelinefile.Format, in *pipelinefile.Input) *changerecord.Schemas {
	if !f.HasSchema() || p.schemas.client == nil {
		return nil
	}
	cfg := codec.Config{Format: schemaFormats[f], Options: decodeOptions(in), Registry: p.schemas.client, Backend: p.schemas.backend}
	keys := cfg
	keys.Part, keys.AnyFormat = schemaid.Key, true
	return &changerecord.Schemas{Values: codec.NewDecoder(cfg), Keys: codec.NewDecoder(keys)}
}

// CheckCommand asks the source of a command's stage, which is cached, whether the command's keys can be such. Its error is an
// *invalidation.KeyError where they cannot, and another where the source does not tell.
func CheckCommand(ctx context.Context, l *Layout, c invalidation.Command) (err error) {
	stage := l.Stages[slices.IndexFunc(l.Stages, func(s *Stage) bool { return s.Name == c.Stage })]
	at := slices.IndexFunc(l.File.Sources, func(f pipelinefile.Source) bool { return f.Name == stage.Source })
	source, err := OpenSource(ctx, l.File, l.File.Sources[at], SourceOptions{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	lookup, err := source.Prepare(ctx, stage)
	if err != nil {
		return err
	}
	p := &Pipeline{cached: map[string]cached{stage.Name: {types: lookup.Types}}}
	return p.Invalidator(l, nil).Check(c)
}

// cached is a stage whose results are kept.
type cached struct {
	types func() lookupkey.Types
	view  *resultcache.View[lookup.Key, *jsonenrich.Fragment]
	// spreads says whether the cache may have other keys that the source takes for equal to a key. Nil means that it has none.
	spreads func(lookup.Key) bool
}

// Invalidate makes the cache forget keys of a stage; what is being loaded for them now is not kept. Stages that ask the
// same share what they keep. A stage that keeps nothing has nothing to forget. If the source may take other keys for equal, it
// forgets all keys.
func (p *Pipeline) Invalidate(ctx context.Context, stage string, keys ...lookup.Key) {
	c, ok := p.cached[stage]
	switch {
	case !ok:
	case c.spreads != nil && slices.ContainsFunc(keys, c.spreads):
		c.view.InvalidateAll(ctx)
	default:
		c.view.Invalidate(ctx, keys...)
	}
}

// InvalidateAll does to all keys of a stage what Invalidate does to some.
func (p *Pipeline) InvalidateAll(ctx context.Context, stage string) {
	if c, ok := p.cached[stage]; ok {
		c.view.InvalidateAll(ctx)
	}
}

// Space names what the cache's tiers hold of a stage; empty where they hold nothing.
func (p *Pipeline) Space(stage string) string {
	if c, ok := p.cached[stage]; ok {
		return c.view.Space()
	}
	return ""
}

// Keys are the keys of a cached stage that the JSON values of a key's parts stand for, where they come from elsewhere
// than an event: 5 and "5" are then the same, even where events tell them apart. The error says why they are no key.
func (p *Pipeline) Keys(stage string, parts ...[]byte) ([]lookup.Key, error) {
	var types lookupkey.Types
	if c, ok := p.cached[stage]; ok {
		types = c.types()
	}
	if len(parts) != len(types) {
		return nil, fmt.Errorf("the key of stage %s has %s, not %d", stage, plural.Count(len(types), "part"), len(parts))
	}
	variants := [][][]byte{nil} // of the whole key
	for i, t := range types {
		values, err := spellings(t, parts[i])
		if err != nil {
			return nil, err
		}
		var longer [][][]byte
		for _, v := range variants {
			for _, value := range values {
				longer = append(longer, append(slices.Clip(v), value))
			}
		}
		variants = longer
	}
	keys := make([]lookup.Key, len(variants))
	for i, v := range variants {
		var err error
		if keys[i], err = types.Canonical(v...); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

// spellings are the JSON values that a value may be in an event, if they are different keys. A type knows which strings are
// numbers, but Any keeps them apart. A text column may hold text that looks like a number or a boolean.
func spellings(t lookupkey.Type, raw []byte) ([][]byte, error) {
	var (
		all   [][]byte
		found []lookup.Key
		first error
	)
	for _, spelling := range [][]byte{raw, otherSpelling(raw)} {
		key, err := t.Canonical(spelling)
		switch {
		case err == nil && !slices.Contains(found, key):
			all, found = append(all, spelling), append(found, key)
		case err != nil && first == nil:
			first = err
		}
	}
	if len(all) == 0 {
		return nil, first
	}
	return all, nil
}

// otherSpelling is the string for a number or a boolean and the other way round, or nil.
func otherSpelling(raw []byte) []byte {
	if len(raw) == 0 || raw[0] == '{' || raw[0] == '[' || string(raw) == "null" {
		return nil
	}
	if raw[0] == '"' {
		return lookupkey.AppendText(nil, lookup.Key(raw))
	}
	return lookupkey.AppendString(nil, raw)
}
