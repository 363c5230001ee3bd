package changerecord_test

import (
	"strings"
	"testing"

	"github.com/loaderline/loaderline/internal/changerecord"
)

// The old row of a deletion is believed after an update has shown that rows are logged whole.
func TestADeletionAfterAnUpdate(t *testing.T) {
	t.Parallel()
	const whole, bare = `{"before":{"product_id":7},"after":{"product_id":7},"op":"u","source":SOURCE}`, `{"before":null,"after":{"product_id":7},"op":"u","source":SOURCE}`
	const deletion = `{"before":{"product_id":7},"after":null,"op":"d","source":SOURCE}`
	d := changerecord.NewDecoder(mapping(t, "", "product_id"))
	for i, step := range []struct {
		value string
		all   bool
	}{
		{deletion, true},
		{whole, false},
		{deletion, false},
		{strings.ReplaceAll(deletion, "SOURCE", strings.ReplaceAll(sourced("SOURCE"), "reviews", "logins")), true}, // Of another table.
		{bare, true},
		{deletion, true},
	} {
		if got := d.Decode(changerecord.Record{Key: []byte(`{"id":5}`), Value: []byte(sourced(step.value))}); got[0].All != step.all {
			t.Errorf("step %d says %q; want all: %v", i, said(got), step.all)
		}
	}
}

// Debezium sends a tombstone behind each deletion. It says nothing new, as long as it is that.
func TestTombstoneBehindItsDeletion(t *testing.T) {
	t.Parallel()
	const deletion, all = `{"before":{"product_id":7},"after":null,"op":"d","source":SOURCE}`, "0: all: it is a tombstone, whose key does not have the columns of the stage's key"
	m := mapping(t, "", "product_id")
	m.OldKey = changerecord.OldKeyBefore
	d := changerecord.NewDecoder(m)
	for i, step := range []struct {
		partition  int32
		key, value string
		want       string
	}{
		{0, `{"id":5}`, deletion, "0: 7"},
		{1, `{"id":5}`, absent, all}, // Of another partition.
		{0, `{"id":5}`, absent, ""},
		{0, `{"id":5}`, absent, all}, // A second one is of somebody else.
		{0, `{"id":6}`, deletion, "0: 7"},
		{0, `{"id":5}`, absent, all},
		{0, `{"id":6}`, absent, all}, // Not behind it any more.
	} {
		if got := said(d.Decode(changerecord.Record{Partition: step.partition, Key: []byte(step.key), Value: bytesOf(sourced(step.value))})); got != step.want {
			t.Errorf("step %d says %q; want %q", i, got, step.want)
		}
	}
}

func TestSeveralMappings(t *testing.T) {
	t.Parallel()
	d := changerecord.NewDecoder(mapping(t, "users", "id"), mapping(t, "reviews", "product_id"), mapping(t, "", "id"), mapping(t, ""))
	value := `{"op":"u","before":{"id":5,"product_id":7},"after":{"id":5,"product_id":8},"source":SOURCE}`
	if got, want := said(d.Decode(changerecord.Record{Key: []byte(`{"id":5}`), Value: []byte(sourced(value))})), "1: 7 8; 2: 5; 3: 5"; got != want {
		t.Errorf("it says %q; want %q", got, want)
	}
	if got, want := said(d.Decode(changerecord.Record{Key: []byte(`9`), Value: []byte(`{`)})), "0: all: its value is not JSON: unexpected end at byte 1; 1: all: its value is not JSON: unexpected end at byte 1; 2: all: its value is not JSON: unexpected end at byte 1; 3: 9"; got != want {
		t.Errorf("it says %q; want %q", got, want)
	}
}
