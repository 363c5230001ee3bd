package changerecord

import "errors"

var errEnvelope = errors.New("it may be an envelope of Debezium or a row that has such columns: set envelope: debezium or envelope: plain at its topic")

// shape says how much of a document is like an envelope of Debezium.
type shape struct {
	// possible: it may be one. certain: it is nothing else.
	possible, certain bool
	op                string
}

// as is one way to read a record's value.
type as struct {
	envelope bool
	wrapped  int
	op       string // of an envelope
}

// readings are all the ways in which a mapping can read a value.
func (r *reading) readings(mapping int) []as {
	if r.tombstone || r.valueErr != nil {
		return nil
	}
	var all []as
	hasColumn := r.values.hasColumn(mapping)
	for wrapped := range r.values.wrapped + 1 {
		if wrapped < r.values.wrapped && !hasColumn {
			continue // The root is JsonConverter's.
		}
		s := r.shapes[wrapped]
		envelope, plain := as{envelope: true, wrapped: wrapped, op: s.op}, as{wrapped: wrapped}
		switch m := r.mappings[mapping]; {
		case m.Envelope == DebeziumEnvelope:
			all = append(all, envelope)
		case m.Envelope == PlainEnvelope || !s.possible:
			all = append(all, plain)
		case s.certain && !hasColumn:
			all = append(all, envelope)
		default:
			if envelope.op == "m" {
				envelope.op = "" // It may be a row, so it is not passed over.
			}
			all = append(all, envelope, plain)
		}
	}
	return all
}

// envelopeMembers are the members of Debezium's envelopes.
var envelopeMembers = []string{"before", "after", "source", "op", "ts_ms", "ts_us", "ts_ns", "transaction", "message", "updateDescription"}

// shape compares the value, or its payload, with what Debezium writes.
func (r *reading) shape(wrapped int) shape {
	v := r.values
	s := shape{op: v.text(wrapped, op)}
	_, hasBefore := v.place(wrapped, before)
	_, hasAfter := v.place(wrapped, after)
	_, hasSource := v.place(wrapped, source)
	ofDebezium := v.text(wrapped, sourceConnector) != "" && v.text(wrapped, sourceName) != "" && r.isNumber(wrapped, sourceTime)
	rows := r.objectOrNull(wrapped, before) && r.objectOrNull(wrapped, after)
	s.possible = len(s.op) == 1 && (ofDebezium || rows && r.objectOrNull(wrapped, source) && (hasBefore || hasAfter || hasSource))
	s.certain = s.possible && ofDebezium && rows && r.fits(wrapped, s.op) && onlyMembers(v.body(wrapped), envelopeMembers...)
	return s
}

// fits reports whether an envelope has the parts that its operation needs.
func (r *reading) fits(wrapped int, operation string) bool {
	was, _ := r.values.place(wrapped, before)
	is, _ := r.values.place(wrapped, after)
	switch operation {
	case "c", "r", "u":
		return isObject(is)
	case "d":
		return !isObject(is)
	case "t":
		return !isObject(was) && !isObject(is)
	case "m":
		_, hasPrefix := r.values.place(wrapped, messagePrefix)
		return !isObject(was) && !isObject(is) && hasPrefix && r.keyErr == nil && onlyMembers(r.keys.body(r.keys.wrapped), "prefix")
	default:
		return true
	}
}

func (r *reading) objectOrNull(wrapped, place int) bool {
	value, ok := r.values.place(wrapped, place)
	return !ok || isNull(value) || isObject(value)
}

func (r *reading) isNumber(wrapped, place int) bool {
	value, ok := r.values.place(wrapped, place)
	return ok && (value[0] == '-' || value[0] >= '0' && value[0] <= '9')
}

// tables are the names by which the record's table may be meant.
func (r *reading) tables(as as) []string {
	text := func(place int) string { return r.values.text(as.wrapped, place) }
	table, schema, db := text(sourceTable), text(sourceSchema), text(sourceDB)
	if !as.envelope {
		table, schema, db = text(flatTable), "", ""
	}
	if table == "" {
		return nil
	}
	names := []string{table}
	if schema != "" {
		names = append(names, schema+"."+table)
	}
	if db != "" {
		names = append(names, db+"."+table)
	}
	if schema != "" && db != "" {
		names = append(names, db+"."+schema+"."+table)
	}
	return names
}
