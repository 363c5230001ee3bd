package invalidation_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/changerecord"
	"github.com/loaderline/loaderline/internal/invalidation"
	"github.com/loaderline/loaderline/internal/logtest"
	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages/lookup"
)

// memory notes what it has to forget. The keys of its stages are bigints.
type memory struct{ forgot []string }

func (m *memory) Keys(stage string, parts ...[]byte) ([]lookup.Key, error) {
	key, err := lookupkey.Types{lookupkey.Bigint}.Canonical(parts...)
	if err != nil {
		return nil, fmt.Errorf("stage %s: %w", stage, err)
	}
	return []lookup.Key{key}, nil
}

func (m *memory) Invalidate(_ context.Context, stage string, keys ...lookup.Key) {
	slices.Sort(keys)
	m.forgot = append(m.forgot, fmt.Sprintf("%s: %v", stage, keys))
}

func (m *memory) InvalidateAll(_ context.Context, stage string) {
	m.forgot = append(m.forgot, stage+": all")
}

func (m *memory) Space(stage string) string { return stage + "/1" }

func (m *memory) text() string {
	slices.Sort(m.forgot)
	return strings.Join(m.forgot, "; ")
}

func newInvalidator(t *testing.T, m *memory, log *logtest.Buffer) *invalidation.Invalidator {
	t.Helper()
	column := func(table, name string) changerecord.Mapping {
		mapping, err := changerecord.NewMapping(table, []string{name})
		if err != nil {
			t.Fatal(err)
		}
		return mapping
	}
	return invalidation.New(invalidation.Config{
		Cache: m, Pipeline: "line", Stages: []string{"user", "purchases", "reviews"}, Topic: "commands", Logger: log.Logger(slog.LevelInfo),
		Changes: []invalidation.Change{
			{Topic: "shop.users", Mapping: column("", "id"), Stages: []string{"user", "purchases"}},
			{Topic: "shop.changes", Mapping: column("reviews", "product_id"), Stages: []string{"reviews"}},
			{Topic: "shop.changes", Mapping: column("purchases", "user_id"), Stages: []string{"purchases"}},
		},
	})
}

const canary = "canary-4711"

func TestApply(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		topic   string
		values  []string
		forgot  string
		results map[string]uint64
		says    string // the log
	}{
		"a change": {
			topic: "shop.users", values: []string{`{"id":1}`}, forgot: "purchases: [1]; user: [1]", results: map[string]uint64{invalidation.Applied: 1},
		},
		"changes are applied together": {
			topic: "shop.users", values: []string{`{"id":1}`, `{"id":"2"}`, `{"id":1}`}, forgot: "purchases: [1 2]; user: [1 2]", results: map[string]uint64{invalidation.Applied: 3},
		},
		"of tables": {
			topic: "shop.changes", values: []string{
				`{"op":"c","after":{"product_id":7},"source":{"connector":"mysql","name":"shop","ts_ms":1,"table":"reviews"}}`,
				`{"op":"c","after":{"user_id":8},"source":{"connector":"mysql","name":"shop","ts_ms":1,"table":"purchases"}}`,
				`{"op":"c","after":{"user_id":9},"source":{"connector":"mysql","name":"shop","ts_ms":1,"table":"logins"}}`,
			},
			forgot: "purchases: [8]; reviews: [7]", results: map[string]uint64{invalidation.Applied: 2, invalidation.Nothing: 1},
		},
		"truncated": {
			topic: "shop.changes", values: []string{`{"op":"t","source":{"connector":"mysql","name":"shop","ts_ms":1,"table":"reviews"}}`}, forgot: "reviews: all", results: map[string]uint64{invalidation.Applied: 1},
		},
		"not JSON": {
			topic: "shop.users", values: []string{canary, `{"id":1}`}, forgot: "purchases: all; user: all", results: map[string]uint64{invalidation.Unclear: 1, invalidation.Applied: 1},
			says: `msg="a change record was not understood" topic=shop.users partition=3 offset=0 error="its value is not JSON: invalid character 'c' at start of value at byte 0" invalidated=[user]`,
		},
		"not a key": {
			topic: "shop.users", values: []string{`{"id":"` + canary + `"}`}, forgot: "purchases: all; user: all", results: map[string]uint64{invalidation.Unclear: 1},
			says: `offset=0 error="a value in it cannot be a key of stage user: is it written as events have it?" invalidated=[user]`,
		},
		"a command": {
			topic: "commands", values: []string{`{"stage":"user","keys":[1,"2"]}`, `{"stage":"reviews","all":true}`}, forgot: "reviews: all; user: [1 2]", results: map[string]uint64{invalidation.Applied: 2},
		},
		"commands for others": {
			topic: "commands", values: []string{`{"pipeline":"other","stage":"user","all":true}`, `{"pipeline":"line","stage":"gone","all":true}`}, results: map[string]uint64{invalidation.Nothing: 2},
		},
		"a command for this pipeline": {
			topic: "commands", values: []string{`{"pipeline":"line","stage":"user","keys":[1]}`}, forgot: "user: [1]", results: map[string]uint64{invalidation.Applied: 1},
		},
		"a key that none can be": {
			topic: "commands", values: []string{`{"stage":"user","keys":["` + canary + `",1]}`}, forgot: "user: [1]", results: map[string]uint64{invalidation.Unclear: 1},
			says: `error="a key in it cannot be a key of stage user"`,
		},
		"no command": {
			topic: "commands", values: []string{`{"` + canary + `":"user"}`}, forgot: "purchases: all; reviews: all; user: all", results: map[string]uint64{invalidation.Unclear: 1},
			says: `error="it is not a command, such as {\"stage\": \"user\", \"keys\": [1, 2]}" invalidated="[user purchases reviews]"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, log := &memory{}, &logtest.Buffer{}
			v := newInvalidator(t, m, log)
			var records []*kgo.Record
			for i, value := range test.values {
				records = append(records, &kgo.Record{Topic: test.topic, Partition: 3, Offset: int64(i), Value: []byte(value)})
			}
			if err := v.Apply(t.Context(), records); err != nil {
				t.Fatal(err)
			}
			if got := m.text(); got != test.forgot {
				t.Errorf("forgot %q; want %q", got, test.forgot)
			}
			if diff := cmp.Diff(test.results, v.Counts().Records[test.topic]); diff != "" {
				t.Error(diff)
			}
			if said := log.String(); !strings.Contains(said, test.says) || (test.says == "") != (said == "") || strings.Contains(said, canary) {
				t.Errorf("the log: %s; want %q, and nothing of the record", said, test.says)
			}
		})
	}
}

func TestCountsOfStages(t *testing.T) {
	t.Parallel()
	v := newInvalidator(t, &memory{}, &logtest.Buffer{})
	if err := v.Apply(t.Context(), []*kgo.Record{{Topic: "shop.users", Value: []byte(`{"id":1}`)}, {Topic: "shop.users", Value: []byte(`{"id":2}`)}}); err != nil {
		t.Fatal(err)
	}
	v.Lost(t.Context(), "shop.changes")
	got := v.Counts()
	if diff := cmp.Diff(map[string]uint64{"user": 2, "purchases": 2}, got.Keys); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]uint64{"reviews": 1, "purchases": 1}, got.All); diff != "" {
		t.Error(diff)
	}
}

// What a topic may have said is of the stages that it is mapped to, or of all where it has commands.
func TestLost(t *testing.T) {
	t.Parallel()
	for topic, want := range map[string]string{
		"shop.users":   "purchases: all; user: all",
		"shop.changes": "purchases: all; reviews: all",
		"commands":     "purchases: all; reviews: all; user: all",
	} {
		m := &memory{}
		newInvalidator(t, m, &logtest.Buffer{}).Lost(t.Context(), topic)
		if got := m.text(); got != want {
			t.Errorf("%s: forgot %q; want %q", topic, got, want)
		}
	}
}

func TestTopics(t *testing.T) {
	t.Parallel()
	got := newInvalidator(t, &memory{}, &logtest.Buffer{}).Topics()
	if diff := cmp.Diff([]string{"shop.changes", "shop.users", "commands"}, got); diff != "" {
		t.Error(diff)
	}
}

// A warning for each of a million broken records would be a broken log.
func TestTheLogIsBounded(t *testing.T) {
	t.Parallel()
	log := &logtest.Buffer{}
	v := newInvalidator(t, &memory{}, log)
	for range 100 {
		if err := v.Apply(t.Context(), []*kgo.Record{{Topic: "shop.changes", Value: []byte("x")}}); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(log.String(), "\n"); n != 1 {
		t.Errorf("%d lines; want one", n)
	}
}

func TestDo(t *testing.T) {
	t.Parallel()
	m := &memory{}
	v := newInvalidator(t, m, &logtest.Buffer{})
	command := func(text string) invalidation.Command {
		c, err := invalidation.ParseCommand([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	err := v.Do(t.Context(), command(`{"stage":"usr","all":true}`))
	if unknown, ok := errors.AsType[*invalidation.UnknownStageError](err); !ok || len(unknown.Stages) != 3 {
		t.Errorf("an unknown stage: %v", err)
	}
	err = v.Do(t.Context(), command(`{"stage":"user","keys":[1,"x"]}`))
	if wrong, ok := errors.AsType[*invalidation.KeyError](err); !ok || wrong.Key != 1 {
		t.Errorf("a wrong key: %v", err)
	}
	if got := m.text(); got != "" {
		t.Errorf("a wrong command made it forget %s", got)
	}
	if err := v.Do(t.Context(), command(`{"stage":"user","keys":[1,[2]]}`)); err != nil {
		t.Error(err)
	}
	if got := m.text(); got != "user: [1 2]" {
		t.Errorf("forgot %s", got)
	}
}
