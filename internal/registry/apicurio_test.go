package registry_test

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/loaderline/loaderline/internal/format/schemaid"
	"github.com/loaderline/loaderline/internal/registry"
	"github.com/loaderline/loaderline/testenv"
)

// The global ID of a version leads to its schema. Two subjects with one schema have one content ID and two global IDs.
func (c contract) globalIDs(t *testing.T) {
	s := &registry.Schema{Type: registry.Avro, Text: `{"type":"enum","name":"E","symbols":["S` + rand.Text() + `"]}`}
	content := c.register(t, c.prefix+"e1", s).ID
	if again := c.register(t, c.prefix+"e2", s).ID; again != content {
		t.Fatalf("the IDs are %v and %v", content, again)
	}
	for _, subject := range []string{c.prefix + "e1", c.prefix + "e2"} {
		global := c.globalID(t, subject)
		if got, err := c.client.Schema(t.Context(), schemaid.OfGlobal(global)); err != nil || got.Text != s.Text || got.Type != registry.Avro {
			t.Errorf("global ID %d: %+v, %v", global, got, err)
		}
	}
	_, err := c.client.Schema(t.Context(), schemaid.OfGlobal(1<<40))
	if !errors.Is(err, registry.ErrUnknownID) || !strings.HasPrefix(err.Error(), "global ID 1099511627776: the registry has no schema of this ID") {
		t.Errorf("an unknown global ID: %v", err)
	}
}

// globalID asks Apicurio for the global ID of the newest version of a subject.
func (c contract) globalID(t *testing.T, subject string) uint64 {
	t.Helper()
	path := strings.TrimSuffix(testenv.Registry(t), "/ccompat/v7") + "/registry/v2/groups/default/artifacts/" + subject + "/meta"
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Close = true
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var meta struct{ GlobalID uint64 }
	if err := json.NewDecoder(response.Body).Decode(&meta); err != nil || meta.GlobalID == 0 {
		t.Fatalf("%s was answered %s: %v", path, response.Status, err)
	}
	return meta.GlobalID
}

// With normalize, a schema is the same whatever the order of its attributes, and so is a .proto file that is registered as a
// descriptor, as Python does.
func (c contract) normalizes(t *testing.T) {
	subject := c.prefix + "normal"
	r := c.register(t, subject, &registry.Schema{Type: registry.Avro, Text: `{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}`})
	other := &registry.Schema{Type: registry.Avro, Text: `{ "name": "R", "type": "record", "fields": [ { "type": "int", "name": "a" } ] }`}
	if got, err := c.client.Lookup(t.Context(), subject, other, true); err != nil || got.ID != r.ID {
		t.Errorf("%+v, %v", got, err)
	}
	// message M { int32 a = 1; } in m.proto.
	descriptor := "\n\am.proto\"\x0e\n\x01M\x12\t\n\x01a\x18\x01 \x01(\x05b\x06proto3"
	s := &registry.Schema{Type: registry.Protobuf, Text: base64.StdEncoding.EncodeToString([]byte(descriptor))}
	got, err := c.client.Schema(t.Context(), c.register(t, c.prefix+"python", s).ID)
	if err != nil || got.Type != registry.Protobuf {
		t.Errorf("%+v, %v", got, err)
	}
}

// A schema that the subject's compatibility does not allow is refused, with the registry's reasons.
func (c contract) judges(t *testing.T) {
	subject := c.prefix + "judged"
	before := `{"type":"record","name":"R","fields":[{"name":"city","type":"string"}]}`
	c.register(t, subject, &registry.Schema{Type: registry.Avro, Text: before})
	after := &registry.Schema{Type: registry.Avro, Text: strings.Replace(before, `"string"`, `"int"`, 1)}
	_, err := c.client.Register(t.Context(), subject, after, true)
	for _, err := range []error{err, c.client.Compatible(t.Context(), subject, after)} {
		if !errors.Is(err, registry.ErrIncompatible) || !strings.Contains(err.Error(), "reader type: INT not compatible with writer type: STRING at /fields/0/type") ||
			!strings.Contains(err.Error(), "change the subject's compatibility") {
			t.Errorf("incompatible: %v", err)
		}
	}
	more := &registry.Schema{Type: registry.Avro, Text: strings.Replace(before, `}]`, `},{"name":"zip","type":"string","default":""}]`, 1)}
	if err := c.client.Compatible(t.Context(), subject, more); err != nil {
		t.Error(err)
	}
	if r := c.register(t, subject, more); r.ID.Kind() != schemaid.Number {
		t.Errorf("%+v", r)
	}
	if r, err := c.client.Latest(t.Context(), subject); err != nil || r.Version != 2 {
		t.Errorf("%+v, %v", r, err)
	}
}
