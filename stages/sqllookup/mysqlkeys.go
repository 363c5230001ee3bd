package sqllookup

import (
	"math/bits"
	"strconv"
	"strings"

	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages/lookup"
)

// mostKeys is how many keys one statement holds at most, a power of two, where each takes so many placeholders: a
// statement cannot have more than 65,535.
func mostKeys(placeholders int) int {
	const most, all = 8192, 1<<16 - 1
	if placeholders == 0 {
		return 1 << 30 // The keys are one JSON text.
	}
	return min(most, 1<<(bits.Len(uint(max(all/placeholders, 1)))-1))
}

// listSize is the power of two that n keys are filled up to.
func listSize(n int) int { return 1 << bits.Len(uint(n-1)) }

// expand is the statement with lists of size keys, whose parts are at places.
func expand(s statement, size int, places []string) rewrite {
	key := strings.Join(places, ",")
	if len(places) > 1 {
		key = "(" + key + ")"
	}
	return s.rewriteWith(func(u use) string {
		if u.form == bare {
			return "?"
		}
		return "IN (" + strings.Repeat(key+",", size-1) + key + ")"
	})
}

// arguments are the keys for each place of the statement, in their forms where that is a list. A list is filled up with its
// last key.
func (l *mysqlLookup) arguments(keys []lookup.Key) []any {
	var list, args []any
	asked := inForms(l.types, keys, l.forms)
	size, parts := listSize(len(asked)), len(l.types)
	for _, u := range l.statement.uses {
		if u.form == bare {
			args = append(args, keyArray(keys))
			continue
		}
		if list == nil {
			list = make([]any, 0, size*parts)
			var split []lookup.Key
			for i := range size {
				if i < len(asked) {
					if split = append(split[:0], asked[i]); parts > 1 {
						split = lookupkey.AppendParts(split[:0], asked[i])
					}
				}
				for p, part := range split {
					list = append(list, mysqlArgument(l.types[p], part))
				}
			}
		}
		args = append(args, list...)
	}
	return args
}

// mysqlArgument is one part of a key as a parameter: what a column of its type is compared with by an index.
func mysqlArgument(t lookupkey.Type, part lookup.Key) any {
	text := string(part)
	if text != "" && text[0] == '"' {
		text = string(lookupkey.AppendText(nil, part))
	}
	switch t {
	case lookupkey.Any:
		switch {
		case part[0] == '"':
			return text
		case text == "true", text == "false":
			return text == "true"
		}
		fallthrough
	case lookupkey.Smallint, lookupkey.Integer, lookupkey.Bigint:
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n
		}
		return text
	case lookupkey.Boolean:
		return text == "true"
	case lookupkey.Timestamptz:
		return strings.Replace(strings.TrimSuffix(text, "Z"), "T", " ", 1) // Sessions are in UTC.
	case lookupkey.Timestamp:
		return strings.Replace(text, "T", " ", 1)
	default:
		return text
	}
}
