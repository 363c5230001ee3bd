package invalidation_test

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/changerecord"
	"github.com/loaderline/loaderline/internal/codec"
	"github.com/loaderline/loaderline/internal/devregistry/devregistrytest"
	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/schemaid"
	"github.com/loaderline/loaderline/internal/invalidation"
	"github.com/loaderline/loaderline/internal/logtest"
	"github.com/loaderline/loaderline/internal/registry"
)

const (
	keySchema = `{"type":"record","name":"Key","namespace":"shop.public.users","fields":[{"name":"id","type":"long"}]}`
	// envelopeSchema is what Debezium's connector for PostgreSQL registers, with fewer columns.
	envelopeSchema = `{"type":"record","name":"Envelope","namespace":"shop.public.users","fields":[
		{"name":"before","type":["null",{"type":"record","name":"Value","fields":[{"name":"id","type":"long"},{"name":"name","type":["null","string"],"default":null}]}],"default":null},
		{"name":"after","type":["null","Value"],"default":null},
		{"name":"source","type":{"type":"record","name":"Source","fields":[{"name":"connector","type":"string"},{"name":"name","type":"string"},{"name":"ts_ms","type":"long"},{"name":"snapshot","type":["null","string"],"default":null},{"name":"table","type":"string"}]}},
		{"name":"transaction","type":["null",{"type":"record","name":"block","namespace":"event","fields":[{"name":"id","type":"string"}]}],"default":null},
		{"name":"op","type":"string"},{"name":"ts_ms","type":["null","long"],"default":null}]}`
	sourceOfUsers = `"source":{"connector":"postgresql","name":"shop","ts_ms":1700000000000,"table":"users"}`
)

// schemaTopic is a change topic whose values have schemas of a registry.
type schemaTopic struct {
	client *registry.Client
}

// text returns the part of a record that a JSON text stands for, by the schema of a subject.
func (s schemaTopic) text(t *testing.T, f format.Format, subject, json string) []byte {
	t.Helper()
	e, err := codec.NewPartEncoder(t.Context(), codec.Config{Format: f, Registry: s.client}, subject, "")
	if err != nil {
		t.Fatal(err)
	}
	data, err := e.Encode([]byte(json))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func newSchemaTopic(t *testing.T) schemaTopic {
	t.Helper()
	_, client := devregistrytest.Start(t)
	for subject, s := range map[string]registry.Schema{
		"key": {Type: registry.Avro, Text: keySchema}, "avro": {Type: registry.Avro, Text: envelopeSchema}, "json": {Type: registry.JSON, Text: `{"type":"object"}`},
	} {
		if _, err := client.Register(t.Context(), subject, &s, false); err != nil {
			t.Fatal(err)
		}
	}
	return schemaTopic{client}
}

// invalidator returns one of a topic whose values are in a format.
func (s schemaTopic) invalidator(t *testing.T, f format.Format, m *memory, log *logtest.Buffer, oldKey changerecord.OldKey, columns ...string) *invalidation.Invalidator {
	t.Helper()
	mapping, err := changerecord.NewMapping("", columns)
	if err != nil {
		t.Fatal(err)
	}
	mapping.OldKey = oldKey
	cfg := codec.Config{Format: f, Registry: s.client, Grace: time.Millisecond}
	keys := cfg
	keys.Part, keys.AnyFormat = schemaid.Key, true
	return invalidation.New(invalidation.Config{
		Cache: m, Pipeline: "line", Stages: []string{"user"}, Logger: log.Logger(slog.LevelInfo),
		Changes: []invalidation.Change{{
			Topic: "shop.users", Mapping: mapping, Stages: []string{"user"},
			Schemas: &changerecord.Schemas{Values: codec.NewDecoder(cfg), Keys: codec.NewDecoder(keys)},
		}},
	})
}

func TestApplyDecodes(t *testing.T) {
	t.Parallel()
	s := newSchemaTopic(t)
	avro := func(json string) []byte { return s.text(t, format.Avro, "avro", json) }
	created := avro(`{"after":{"id":1,"name":"` + canary + `"},"op":"c",` + sourceOfUsers + `}`)
	key := s.text(t, format.Avro, "key", `{"id":5}`)
	for name, test := range map[string]struct {
		format     format.Format
		columns    []string
		oldKey     changerecord.OldKey // Defaults to OldKeyPrimary.
		key, value []byte
		forgot     string
		result     string
		says       string // the log
	}{
		"created":               {value: created, forgot: "user: [1]", result: invalidation.Applied},
		"updated":               {key: key, value: avro(`{"before":{"id":4},"after":{"id":5},"op":"u",` + sourceOfUsers + `}`), forgot: "user: [4 5]", result: invalidation.Applied},
		"deleted":               {key: key, value: avro(`{"before":{"id":5},"op":"d",` + sourceOfUsers + `}`), forgot: "user: [5]", result: invalidation.Applied},
		"truncated":             {value: avro(`{"op":"t",` + sourceOfUsers + `}`), forgot: "user: all", result: invalidation.Applied},
		"a tombstone":           {key: key, forgot: "user: [5]", result: invalidation.Applied},
		"a key in JSON":         {key: []byte(`{"id":6}`), forgot: "user: [6]", result: invalidation.Applied},
		"the whole key":         {columns: []string{}, key: key, value: avro(`{"after":{"id":5},"op":"u",` + sourceOfUsers + `}`), forgot: "user: [5]", result: invalidation.Applied},
		"a key as text":         {columns: []string{}, key: []byte("7"), forgot: "user: [7]", result: invalidation.Applied},
		"JSON Schema":           {format: format.JSONSchema, value: s.text(t, format.JSONSchema, "json", `{"after":{"id":8},"op":"c",`+sourceOfUsers+`}`), forgot: "user: [8]", result: invalidation.Applied},
		"an unknown ID":         {value: append([]byte{0, 0, 0, 0, 77}, created[5:]...), forgot: "user: all", result: invalidation.Unclear, says: "its value cannot be decoded: schema ID 77: the registry has no schema of this ID"},
		"no ID":                 {value: []byte(`{"` + canary + `":1}`), forgot: "user: all", result: invalidation.Unclear, says: "its value cannot be decoded: it has no schema ID"},
		"cut":                   {value: created[:len(created)-3], forgot: "user: all", result: invalidation.Unclear, says: "its value cannot be decoded: byte "},
		"longer":                {value: append(slices.Clip(created), 0), forgot: "user: all", result: invalidation.Unclear, says: "its value cannot be decoded: byte "},
		"a broken key":          {key: append(slices.Clip(key), 0), forgot: "user: all", result: invalidation.Unclear, says: "it is a tombstone, whose key does not have the columns of the stage's key"},
		"all of a broken":       {columns: []string{}, key: append(slices.Clip(key), 0), value: created, forgot: "user: all", result: invalidation.Unclear, says: "its key cannot be decoded: byte "},
		"a row, its key broken": {format: format.JSONSchema, columns: []string{"user"}, oldKey: changerecord.AutoOldKey, key: slices.Concat(key, []byte{0}), value: s.text(t, format.JSONSchema, "json", `{"user":8}`), forgot: "user: all", result: invalidation.Unclear, says: "its key has other columns than the stage's key"},
		"empty, by key":         {columns: []string{}, key: key, value: []byte{}, forgot: "user: [5]", result: invalidation.Applied},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, log := &memory{}, &logtest.Buffer{}
			if test.columns == nil {
				test.columns = []string{"id"}
			}
			v := s.invalidator(t, test.format, m, log, cmp.Or(test.oldKey, changerecord.OldKeyPrimary), test.columns...)
			if err := v.Apply(t.Context(), []*kgo.Record{{Topic: "shop.users", Key: test.key, Value: test.value}}); err != nil {
				t.Fatal(err)
			}
			if got := m.text(); got != test.forgot {
				t.Errorf("forgot %q; want %q", got, test.forgot)
			}
			if diff := gocmp.Diff(map[string]uint64{test.result: 1}, v.Counts().Records["shop.users"]); diff != "" {
				t.Error(diff)
			}
			if said := log.String(); !strings.Contains(said, test.says) || (test.says == "") != (said == "") || strings.Contains(said, canary) {
				t.Errorf("the log: %s; want %q, and nothing of the record", said, test.says)
			}
		})
	}
}

// Records whose schemas cannot be asked for are not applied, in part or for want of one.
func TestApplyWithoutRegistry(t *testing.T) {
	t.Parallel()
	s := newSchemaTopic(t)
	m, log := &memory{}, &logtest.Buffer{}
	v := s.invalidator(t, format.Avro, m, log, changerecord.OldKeyPrimary, "id")
	records := []*kgo.Record{
		{Topic: "shop.users", Key: []byte(`{"id":1}`)},
		{Topic: "shop.users", Offset: 1, Value: s.text(t, format.Avro, "avro", `{"after":{"id":2},"op":"c",`+sourceOfUsers+`}`)},
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := v.Apply(ended, records); err == nil || m.text() != "" || log.String() != "" || len(v.Counts().Records["shop.users"]) > 0 {
		t.Errorf("%v, forgot %q, logged %s", err, m.text(), log)
	}
	if err := v.Apply(t.Context(), records); err != nil || m.text() != "user: [1 2]" {
		t.Errorf("%v, forgot %q", err, m.text())
	}
}

// Records that were not applied are read again, and positions stay before them.
func TestRecordsThatAreNotAppliedComeAgain(t *testing.T) {
	onEach(t, func(w *world) {
		h, log, tier := &handler{topic: w.topic, fails: 2}, &logtest.Buffer{}, newTier(w, 0, 0)
		w.publish(0, "a", "b")
		r, _ := w.read(h, log, tier)
		w.await("placed", r.Placed())
		w.until("all records are applied", func() bool { return h.all() == "a b" })
		w.until("the position is saved", func() bool { return tier.state() == "cleared 0, at map[0:2 1:0]" })
		if !strings.Contains(log.String(), `msg="change topics cannot be read; cached values may be outdated until they are" error="the registry is away"`) {
			w.t.Errorf("the log: %s", log)
		}
	})
}
