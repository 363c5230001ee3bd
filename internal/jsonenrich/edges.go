package jsonenrich

import (
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// SingleKeys returns the keys of a stage that has one key for each event. The key is at a key path in the event, or in the
// result of the node from if that is not nil.
func SingleKeys(plan *stages.Plan[Document], from *Node, path int) stages.Keys[Document, lookup.Key] {
	if from == nil {
		return stages.ByErr(plan, func(d Document) (lookup.Key, error) { return d.single(path) })
	}
	fragments := from.Fragments
	return stages.ThenErr(from.One, func(f *Fragment) (lookup.Key, error) {
		var only key
		fragments.eachKey(f, path, func(k lookup.Key, err error) { only = key{k, err} })
		return only.key, only.err
	})
}

// ListedKeys returns the keys of a stage that has any number of them for each event, as SingleKeys does.
func ListedKeys(plan *stages.Plan[Document], from *Node, path int) stages.Lists[Document, lookup.Key] {
	switch {
	case from == nil:
		return stages.ByEachErr(plan, func(d Document, add func(lookup.Key, error)) {
			if d.reused != nil {
				return
			}
			addKeys(d.keys[path], add)
		})
	case from.List:
		return stages.ThenEachErr(from.Each, func(v View, add func(lookup.Key, error)) {
			for _, r := range v.All() {
				if r.State == stages.Loaded {
					from.Fragments.eachKey(r.Value, path, add)
				} else if err := from.gap(r.State); err != nil {
					add("", err)
				}
			}
		})
	default:
		return stages.ThenEachErr(from.One, func(f *Fragment, add func(lookup.Key, error)) { from.Fragments.eachKey(f, path, add) })
	}
}
