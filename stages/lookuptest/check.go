package lookuptest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// reporter is what testing.T and rapid.T share.
type reporter interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// load asks for keys and returns the settled batch.
func load(ctx context.Context, t reporter, s stages.Source[lookup.Key, []byte], keys []lookup.Key) *stages.Batch[lookup.Key, []byte] {
	t.Helper()
	b := stages.NewBatch[lookup.Key, []byte](keys)
	if err := s.Load(ctx, b); err != nil {
		t.Fatalf("Load of %s: %v", plural.Count(len(keys), "key"), err)
	}
	return b
}

// expect compares a batch with what the world knows.
func expect(t reporter, w World, b *stages.Batch[lookup.Key, []byte]) {
	t.Helper()
	all := make([]int, len(b.Keys))
	for i := range all {
		all[i] = i
	}
	expectAt(t, w, b, all...)
}

func expectAt(t reporter, w World, b *stages.Batch[lookup.Key, []byte], at ...int) {
	t.Helper()
	rows := map[lookup.Key][]string{}
	for _, r := range w.Rows {
		rows[r.Key] = append(rows[r.Key], r.Value())
	}
	for _, i := range at {
		if err := differs(b.Result(i), rows[b.Keys[i]], w.Many); err != nil {
			t.Errorf("key %.80s: %v", b.Keys[i], err)
		}
	}
}

func differs(r stages.Result[[]byte], want []string, many bool) error {
	switch {
	case len(want) == 0:
		if r.State != stages.Missing {
			return fmt.Errorf("%s, want missing", shown(r))
		}
		return nil
	case len(want) > 1 && !many:
		if r.State != stages.Failed || stages.ClassOf(r.Err) != stages.Permanent {
			return fmt.Errorf("%s, want a permanent failure for %s", shown(r), plural.Count(len(want), "row"))
		}
		return nil
	case r.State != stages.Loaded:
		return fmt.Errorf("%s, want loaded", shown(r))
	}
	value := want[0]
	if many {
		value = "[" + strings.Join(want, ",") + "]"
	}
	return sameJSON(r.Value, value)
}

func shown(r stages.Result[[]byte]) string { return fmt.Sprintf("%v (%v)", r.State, r.Err) }

// sameJSON compares values. Only the escapes of strings may differ.
func sameJSON(got []byte, want string) error {
	var compact bytes.Buffer
	if err := json.Compact(&compact, got); err != nil {
		return fmt.Errorf("the value is not JSON: %w: %.200q", err, got)
	}
	if compact.Len() != len(got) {
		return fmt.Errorf("the value is not compact: %.200s", got)
	}
	var v any
	d := json.NewDecoder(bytes.NewReader(got))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return err
	}
	var w any
	d = json.NewDecoder(strings.NewReader(want))
	d.UseNumber()
	if err := d.Decode(&w); err != nil {
		return err
	}
	if a, b := fmt.Sprintf("%#v", v), fmt.Sprintf("%#v", w); a != b {
		return fmt.Errorf("the value is %.300s, want %.300s", got, want)
	}
	return nil
}
