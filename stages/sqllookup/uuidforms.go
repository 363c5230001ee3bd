package sqllookup

import (
	"slices"
	"strings"

	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages/lookup"
)

// uuidForm writes a canonical UUID in another way.
type uuidForm func(string) string

var (
	withoutHyphens = func(id string) string { return strings.ReplaceAll(id, "-", "") }
	// uuidForms are the ways in which text columns hold UUIDs. Columns that ignore case need one of each two.
	uuidForms = []uuidForm{
		func(id string) string { return id }, withoutHyphens,
		strings.ToUpper, func(id string) string { return withoutHyphens(strings.ToUpper(id)) },
	}
)

// inForms are keys with their UUIDs in each form, the forms of one key after the other. A database that compares UUIDs as text
// finds those that it holds in one of these forms.
func inForms(types lookupkey.Types, keys []lookup.Key, forms []uuidForm) []lookup.Key {
	if len(forms) < 2 {
		return keys
	}
	all := make([]lookup.Key, 0, len(keys)*len(forms))
	for _, key := range keys {
		split := []lookup.Key{key}
		if len(types) > 1 {
			split = lookupkey.AppendParts(split[:0], key)
		}
		for _, form := range forms {
			parts := make([]string, len(split))
			for i, part := range split {
				if parts[i] = string(part); types[i] == lookupkey.UUID {
					parts[i] = form(parts[i])
				}
			}
			written := strings.Join(parts, ",")
			if len(types) > 1 {
				written = "[" + written + "]"
			}
			all = append(all, lookup.Key(written))
		}
	}
	return all
}

// formsOf are the forms in which keys of some types are asked for.
func formsOf(types lookupkey.Types, ignoresCase bool) []uuidForm {
	switch {
	case !slices.Contains(types, lookupkey.UUID):
		return nil
	case ignoresCase:
		return uuidForms[:2]
	}
	return uuidForms
}
