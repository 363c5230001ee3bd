package replaydiff

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/format/schemaid"
	"github.com/loaderline/loaderline/sink"
)

// compareRecords returns the parts in which the records for an input record differ. Their order counts among records with
// the same topic and key only: others are in partitions of their own.
func compareRecords(was, now []*kgo.Record) []Field {
	pairs := pair(was, now)
	var fields []Field
	for i, p := range pairs {
		for _, f := range p.compare() {
			if len(pairs) > 1 {
				f.Name = fmt.Sprintf("[%d] %s", i+1, f.Name)
			}
			fields = append(fields, f)
		}
	}
	return fields
}

// fieldOf returns the name of a field without the number of the record.
func fieldOf(name string) string {
	if _, rest, numbered := strings.Cut(name, "] "); numbered && strings.HasPrefix(name, "[") {
		return rest
	}
	return name
}

// recordPair is a record that was published and the one that would be now. One of them may be missing.
type recordPair struct{ was, now *kgo.Record }

// pair finds the record that would be published now for each that was: first among those with the same topic and key, then
// among all others.
func pair(was, now []*kgo.Record) []recordPair {
	was, now = ordered(was), ordered(now)
	var pairs []recordPair
	var alone recordPairs
	for len(was) > 0 && len(now) > 0 {
		switch order := place(was[0], now[0]); {
		case order < 0:
			alone.was, was = append(alone.was, was[0]), was[1:]
		case order > 0:
			alone.now, now = append(alone.now, now[0]), now[1:]
		default:
			pairs = append(pairs, recordPair{was[0], now[0]})
			was, now = was[1:], now[1:]
		}
	}
	alone.was, alone.now = append(alone.was, was...), append(alone.now, now...)
	return append(pairs, alone.inOrder()...)
}

// recordPairs are records without one of the same topic and key.
type recordPairs struct{ was, now []*kgo.Record }

// inOrder pairs the records in their order.
func (p recordPairs) inOrder() []recordPair {
	pairs := make([]recordPair, max(len(p.was), len(p.now)))
	for i, r := range p.was {
		pairs[i].was = r
	}
	for i, r := range p.now {
		pairs[i].now = r
	}
	return pairs
}

func ordered(records []*kgo.Record) []*kgo.Record {
	records = slices.Clone(records)
	slices.SortStableFunc(records, place)
	return records
}

// place compares topic and key.
func place(a, b *kgo.Record) int {
	return cmp.Or(cmp.Compare(a.Topic, b.Topic), bytes.Compare(a.Key, b.Key), cmp.Compare(presence(a.Key), presence(b.Key)))
}

// presence is 0 for nothing, which is before an empty text.
func presence(b []byte) int {
	if b == nil {
		return 0
	}
	return 1
}

func (p recordPair) compare() []Field {
	switch {
	case p.was == nil:
		return []Field{{Name: "(record)", Now: p.now.Value}}
	case p.now == nil:
		return []Field{{Name: "(record)", Was: p.was.Value}}
	}
	var fields []Field
	if p.was.Topic != p.now.Topic {
		fields = append(fields, Field{Name: "(topic)", Was: quote([]byte(p.was.Topic)), Now: quote([]byte(p.now.Topic))})
	}
	if !sameBytes(p.was.Key, p.now.Key) {
		fields = append(fields, Field{Name: "(key)", Was: quote(p.was.Key), Now: quote(p.now.Key)})
	}
	return append(append(fields, compareHeaders(p.was.Headers, p.now.Headers)...), compareValues(p.was.Value, p.now.Value)...)
}

// compareHeaders compares the values of each header, in their order, except for loaderline's own and the one that names the schema.
func compareHeaders(was, now []kgo.RecordHeader) []Field {
	before, after := headersByName(was), headersByName(now)
	names := maps.Clone(before)
	maps.Copy(names, after)
	var fields []Field
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if !slices.EqualFunc(before[name], after[name], sameBytes) {
			fields = append(fields, Field{Name: "(header " + name + ")", Was: quoteAll(before[name]), Now: quoteAll(after[name])})
		}
	}
	return fields
}

func headersByName(headers []kgo.RecordHeader) map[string][][]byte {
	all := map[string][][]byte{}
	for _, h := range headers {
		if !strings.HasPrefix(h.Key, sink.Prefix) && h.Key != schemaid.HeaderName(schemaid.Value) {
			all[h.Key] = append(all[h.Key], h.Value)
		}
	}
	return all
}

// sameBytes tells nothing from an empty text.
func sameBytes(a, b []byte) bool { return (a == nil) == (b == nil) && bytes.Equal(a, b) }

// quoteAll returns the values of a header: nil for none, one as a string, and several as a list.
func quoteAll(values [][]byte) jsontext.Value {
	if len(values) == 0 {
		return nil
	}
	quoted := make([][]byte, len(values))
	for i, value := range values {
		if quoted[i] = quote(value); value == nil {
			quoted[i] = []byte("null")
		}
	}
	if len(quoted) == 1 {
		return quoted[0]
	}
	return slices.Concat([]byte("["), bytes.Join(quoted, []byte(",")), []byte("]"))
}

// quote returns bytes as a JSON string; nil for nil.
func quote(b []byte) jsontext.Value {
	if b == nil {
		return nil
	}
	quoted, _ := jsontext.AppendQuote(nil, string(b)) // The error is about bytes that are not UTF-8, which are replaced.
	return quoted
}
