package testenv

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"sync"
)

// Ledger takes the records of an input topic and the outcomes a pipeline made of them, and judges. It reads nothing
// itself: see [Checker]. Records may come in any interleaving, but those of one partition in the order of their
// offsets; it keeps hashes of them, not the records, and the parts of events. It is safe for concurrent use.
//
// The headers of an outcome name its input record, see [SourceOf]. An outcome of another program may have none. Then the bytes of its
// event find the record, and no two input records may have the same bytes.
type Ledger struct {
	config LedgerConfig
	seed   maphash.Seed

	mu       sync.Mutex
	inputs   map[int][]inputRecord        // by partition, offsets rising.
	enriched map[string]map[int][]outcome // by topic and partition, offsets rising.
	dead     map[int][]outcome
	parts    map[Source][]Part // of input records, where events become several.
	elements map[place]string  // of outputs, as in Part.
	seen     map[Source]struct{}
	verified map[int64]uint64 // the hash of the last tail of a subject that was compared and right.
}

// inputRecord is what is kept of an input record.
type inputRecord struct {
	offset, millis int64
	event, key     uint64
}

// outcome is what is kept of an outcome.
type outcome struct {
	of         Source // with a partition of -1, the offset is the event's hash.
	offset     int64  // its own.
	millis     int64
	event, key uint64
	letter     *DeadLetter // nil for an output.
	unreadable bool        // the event's hash says nothing.
	wrong      string      // what its content has against it.
	unexpected string      // why it should not be.
}

// NewLedger returns an empty ledger.
func NewLedger(config LedgerConfig) *Ledger {
	if config.Event == nil {
		config.Event = func(value []byte) []byte { return value }
	}
	return &Ledger{
		config: config, seed: maphash.MakeSeed(), inputs: map[int][]inputRecord{},
		enriched: map[string]map[int][]outcome{}, dead: map[int][]outcome{}, parts: map[Source][]Part{}, elements: map[place]string{},
		seen: map[Source]struct{}{}, verified: map[int64]uint64{},
	}
}

// Input takes a record of the input topic. One that was taken before is passed over.
func (l *Ledger) Input(r Record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := l.inputs[r.Partition]
	if len(list) > 0 && list[len(list)-1].offset >= r.Offset {
		return
	}
	event := l.config.Event(r.Value)
	l.inputs[r.Partition] = append(list, inputRecord{
		offset: r.Offset, millis: r.Time.UnixMilli(), event: l.hash(event), key: l.hash(r.Key),
	})
	if l.config.Parts != nil {
		l.parts[Source{Partition: r.Partition, Offset: r.Offset}] = l.config.Parts(event)
	}
}

// Enriched takes a record of the output topic.
func (l *Ledger) Enriched(r Record) { l.EnrichedIn(outputs, r) }

// EnrichedIn takes a record of another topic of outputs.
func (l *Ledger) EnrichedIn(topic string, r Record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	o := outcome{offset: r.Offset, millis: r.Time.UnixMilli(), key: l.hash(r.Key)}
	event, tail, ok := splitOutput(r.Value)
	var fields map[string]any
	if !ok || l.config.Parts != nil {
		var err error
		if event, fields, err = decodeOutput(r.Value); err != nil {
			o.unreadable, o.wrong = true, err.Error()
		}
		tail = nil
	}
	if l.config.Parts != nil {
		l.elements[place{topic: topic, partition: r.Partition, offset: r.Offset}] = takeElement(fields)
	}
	if o.wrong == "" {
		o.event = l.hash(event)
		o.wrong = l.compare(event, tail, fields, r.Value)
	}
	if o.wrong == "" && l.config.Check != nil {
		o.wrong = l.config.Check(r)
	}
	o.of = l.identify(&r, o.event)
	l.seen[o.of] = struct{}{}
	if l.enriched[topic] == nil {
		l.enriched[topic] = map[int][]outcome{}
	}
	l.enriched[topic][r.Partition] = append(l.enriched[topic][r.Partition], o)
}

// compare says what an output's enrichment has against it. Where fields is nil, the tail has been split from value,
// and equal tails of one subject are decoded once.
func (l *Ledger) compare(event, tail []byte, fields map[string]any, value []byte) string {
	if l.config.Oracle == nil {
		return ""
	}
	subject, ok := l.config.Oracle.Subject(event)
	if !ok {
		return "enriched, although its event cannot be"
	}
	hash := l.hash(tail)
	if verified, ok := l.verified[subject]; fields == nil && ok && verified == hash {
		return ""
	}
	want, ok := l.config.Oracle.Enrichment(subject)
	if !ok {
		return fmt.Sprintf("enriched, although there is no %d", subject)
	}
	if fields == nil {
		var err error
		if _, fields, err = decodeOutput(value); err != nil {
			return err.Error()
		}
	}
	if d := difference("$", want, fields); d != "" {
		return d
	}
	if tail != nil {
		l.verified[subject] = hash
	}
	return ""
}

// DeadLetter takes a record of the dead-letter topic.
func (l *Ledger) DeadLetter(r Record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	letter := &DeadLetter{Record: r}
	letter.Kind, _ = r.Header("loaderline.error.kind")
	letter.Stage, _ = r.Header("loaderline.error.stage")
	letter.Code, _ = r.Header("loaderline.error.code")
	letter.Message, _ = r.Header("loaderline.error.message")
	o := outcome{offset: r.Offset, event: l.hash(l.config.Event(r.Value)), key: l.hash(r.Key), letter: letter}
	// One that does not fit has its source's coordinates instead of its value.
	o.unreadable = letter.Kind == "too_large"
	o.of = l.identify(&r, o.event)
	letter.Source = o.of
	if !l.allowed(letter) {
		o.unexpected = fmt.Sprintf("its event can be enriched: %s: %s", letter.Kind, letter.Message)
	}
	l.seen[o.of] = struct{}{}
	l.dead[r.Partition] = append(l.dead[r.Partition], o)
}

// allowed reports whether an event may be dead-lettered.
func (l *Ledger) allowed(letter *DeadLetter) bool {
	if l.config.Oracle == nil {
		return true
	}
	subject, ok := l.config.Oracle.Subject(l.config.Event(letter.Record.Value))
	if ok {
		_, ok = l.config.Oracle.Enrichment(subject)
	}
	return !ok || l.config.AllowDeadLetter != nil && l.config.AllowDeadLetter(*letter)
}

// Seen returns how many input records have an outcome by now.
func (l *Ledger) Seen() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.seen)
}

// Report judges what was taken so far.
func (l *Ledger) Report() Report {
	l.mu.Lock()
	defer l.mu.Unlock()
	j := newJudge(l)
	for _, topic := range slices.Sorted(maps.Keys(l.enriched)) {
		j.topic(topic, l.enriched[topic])
	}
	j.topic(deadLetters, l.dead) // last: an event's outputs are judged before its dead letter.
	j.tooEarly()
	j.lost()
	return j.report
}

// identify returns the input record that an outcome is of.
func (l *Ledger) identify(r *Record, event uint64) Source {
	source, ok := SourceOf(r)
	if !ok {
		return Source{Partition: -1, Offset: int64(event)}
	}
	return source
}

// nullHash stands for null.
const nullHash = 0

// hash returns the hash of bytes; null has another hash than all bytes.
func (l *Ledger) hash(b []byte) uint64 {
	if b == nil {
		return nullHash
	}
	return maphash.Bytes(l.seed, b)
}

// input returns what is kept of an input record.
func (l *Ledger) input(of Source) (inputRecord, bool) {
	list := l.inputs[of.Partition]
	i, ok := slices.BinarySearchFunc(list, of.Offset, func(r inputRecord, offset int64) int {
		return cmp.Compare(r.offset, offset)
	})
	if !ok {
		return inputRecord{}, false
	}
	return list[i], true
}
