package sqllookup

import (
	"cmp"
	"slices"
	"strings"
)

// relation is unnest($keys), in which PostgreSQL sees the keys as rows, with the names that a statement gives them.
type relation struct {
	start, end int    // of unnest($keys) and a WITH ORDINALITY behind it, in the source
	use        int    // its place in statement.uses
	alias      string // empty: it has no names
	columns    []string
	numbered   bool // it has WITH ORDINALITY
}

// relations are the uses in the form unnest($keys).
func (s statement) relations() []relation {
	var all []relation
	tokens := s.tokens(postgresDialect)
	for n, u := range s.uses {
		at := slices.IndexFunc(tokens, func(t token) bool { return t.start == u.start })
		if u.form != bare || at < 2 || !s.reads(tokens[at-2:], "unnest", "(") || !s.reads(tokens[at+1:], ")") {
			continue
		}
		r := relation{start: tokens[at-2].start, end: tokens[at+1].end, use: n}
		rest := tokens[at+2:]
		if s.reads(rest, "with", "ordinality") {
			r.numbered, r.end, rest = true, rest[1].end, rest[2:]
		}
		r.alias, r.columns = s.names(rest)
		all = append(all, r)
	}
	return all
}

// reads reports whether tokens begin with some words.
func (s statement) reads(tokens []token, words ...string) bool {
	for i, word := range words {
		if i >= len(tokens) || !strings.EqualFold(tokens[i].text(s.source), word) {
			return false
		}
	}
	return true
}

// names reads AS k(a, b). Without AS, the word behind unnest($keys) may as well be WHERE, so AS has to be there.
func (s statement) names(tokens []token) (alias string, columns []string) {
	if !s.reads(tokens, "as") || len(tokens) < 4 || !s.reads(tokens[2:], "(") {
		return "", nil
	}
	for i := 3; i+1 < len(tokens); i += 2 {
		columns = append(columns, s.name(tokens[i]))
		switch tokens[i+1].text(s.source) {
		case ",":
		case ")":
			return s.name(tokens[1]), columns
		default:
			return "", nil
		}
	}
	return "", nil
}

// name is an identifier as PostgreSQL reads it.
func (s statement) name(t token) string {
	text := t.text(s.source)
	if inner, quoted := strings.CutPrefix(text, `"`); quoted {
		return strings.ReplaceAll(strings.TrimSuffix(inner, `"`), `""`, `"`)
	}
	return strings.ToLower(text)
}

// columnUse is a place where a statement names a column of a relation, as k.a, or all columns of the keys.
type columnUse struct {
	use

	part int // of the key; -1 for one of statement.uses
	text string
}

// probe is a statement of which the server says the types of the parameters: those of the keys' columns where the statement
// compares them. It has one parameter for each part of the key, or one for each place where a column is named, if distinct. owner
// says which part each parameter stands for.
func (s statement) probe(parts int, relations []relation, distinct bool) (probe rewrite, owner []int) {
	for part := range parts {
		if !distinct {
			owner = append(owner, part)
		}
	}
	parameter := func(part int) string {
		if !distinct {
			return parameterName(part)
		}
		owner = append(owner, part)
		return parameterName(len(owner) - 1)
	}
	var places []columnUse
	for n, u := range s.uses {
		place := columnUse{use: u, part: -1, text: "NULL"}
		if u.form == inKeys {
			place.text = "IN"
		}
		if i := slices.IndexFunc(relations, func(r relation) bool { return r.use == n }); i >= 0 {
			place.start, place.end, place.text = relations[i].start, relations[i].end, relations[i].empty(parts)
		}
		places = append(places, place)
	}
	places = append(places, s.columnUses(parts, relations)...)
	slices.SortFunc(places, func(a, b columnUse) int { return cmp.Compare(a.start, b.start) })
	replaced := statement{source: s.source}
	texts := map[int]string{}
	for _, p := range places {
		switch {
		case p.part >= 0:
			p.text = parameter(p.part)
		case p.text == "IN":
			names := make([]string, parts)
			for part := range parts {
				names[part] = parameter(part)
			}
			p.text = "IN ((" + strings.Join(names, ",") + "))"
		}
		replaced.uses = append(replaced.uses, p.use)
		texts[p.start] = p.text
	}
	return replaced.rewriteWith(func(u use) string { return texts[u.start] }), owner
}

// named is how many parts of the key have names.
func (r relation) named() int {
	if r.numbered {
		return len(r.columns) - 1
	}
	return len(r.columns)
}

// namesEach reports whether the statement says of each part of the key where it is used.
func (s statement) namesEach(parts int, relations []relation) bool {
	if slices.ContainsFunc(s.uses, func(u use) bool { return u.form == inKeys }) {
		return true
	}
	named := map[int]bool{}
	for _, place := range s.columnUses(parts, relations) {
		named[place.part] = true
	}
	return len(named) == parts
}

// empty is a relation of the same columns.
func (r relation) empty(parts int) string {
	columns := slices.Repeat([]string{"NULL"}, parts)
	if r.numbered {
		columns = append(columns, "0::bigint")
	}
	return "(SELECT " + strings.Join(columns, ", ") + ")"
}

// columnUses are the places where the columns of relations are named.
func (s statement) columnUses(parts int, relations []relation) []columnUse {
	var places []columnUse
	tokens := s.tokens(postgresDialect)
	for i := range len(tokens) - 2 {
		if !s.reads(tokens[i+1:], ".") || i > 0 && s.reads(tokens[i-1:], ".") {
			continue
		}
		for _, r := range relations {
			part := slices.Index(r.columns, s.name(tokens[i+2]))
			if r.alias != "" && s.name(tokens[i]) == r.alias && part >= 0 && part < parts {
				places = append(places, columnUse{use: use{start: tokens[i].start, end: tokens[i+2].end}, part: part})
				break
			}
		}
	}
	return places
}
