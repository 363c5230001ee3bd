package registry_test

import (
	"crypto/rand"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/loaderline/loaderline/internal/devregistry"
	"github.com/loaderline/loaderline/internal/format/schemaid"
	"github.com/loaderline/loaderline/internal/registry"
	"github.com/loaderline/loaderline/testenv"
)

// contract is what a client is promised of a registry. Its subjects begin with prefix.
type contract struct {
	client *registry.Client
	prefix string
}

func TestContract(t *testing.T) {
	t.Parallel()
	t.Run("in the process", func(t *testing.T) {
		t.Parallel()
		r, err := devregistry.Start(t.Context(), "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		})
		contract{open(t, registry.Config{URLs: []string{r.URL()}}), ""}.run(t)
	})
	t.Run("Apicurio", func(t *testing.T) {
		t.Parallel()
		c := contract{open(t, registry.Config{URLs: []string{testenv.Registry(t)}}), strings.ToLower(rand.Text()) + "-"}
		c.run(t)
		t.Run("judges", c.judges)
		t.Run("normalizes", c.normalizes)
		t.Run("global IDs", c.globalIDs)
	})
}

func (c contract) run(t *testing.T) {
	t.Helper()
	if err := c.client.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Run("languages", c.languages)
	t.Run("references", c.references)
	t.Run("unknown", c.unknown)
}

// register registers a schema that must be accepted.
func (c contract) register(t *testing.T, subject string, s *registry.Schema) *registry.Registered {
	t.Helper()
	r, err := c.client.Register(t.Context(), subject, s, false)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A schema of each language comes back as it was registered, by its ID, its subject and its version.
func (c contract) languages(t *testing.T) {
	for _, s := range []*registry.Schema{
		{Type: registry.Avro, Text: `{"type":"record","name":"User","fields":[{"name":"id","type":"long"}]}`},
		{Type: registry.Protobuf, Text: "syntax = \"proto3\";\nmessage User {\n  int64 id = 1;\n}\n"},
		{Type: registry.JSON, Text: `{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"id":{"type":"integer"}}}`},
	} {
		subject := c.prefix + "user/ä " + string(s.Type) + "-value"
		registered := c.register(t, subject, s)
		again := c.register(t, subject, s)
		if registered.ID.Kind() != schemaid.Number || again.ID != registered.ID {
			t.Errorf("%s: %v, and again %v", s.Type, registered.ID, again.ID)
		}
		byID, err := c.client.Schema(t.Context(), registered.ID)
		if err != nil {
			t.Fatal(err)
		}
		for what, got := range map[string]func() (*registry.Registered, error){
			"latest":    func() (*registry.Registered, error) { return c.client.Latest(t.Context(), subject) },
			"version 1": func() (*registry.Registered, error) { return c.client.Version(t.Context(), subject, 1) },
			"by ID": func() (*registry.Registered, error) {
				return &registry.Registered{ID: registered.ID, Version: 1, Schema: byID}, nil
			},
		} {
			r, err := got()
			if err != nil || r.ID != registered.ID || r.Version != 1 || r.Schema.Type != s.Type || strings.TrimSpace(r.Schema.Text) != strings.TrimSpace(s.Text) {
				t.Errorf("%s, %s: %+v, %v", s.Type, what, r, err)
			}
		}
		found, err := c.client.Lookup(t.Context(), subject, s, true)
		if err != nil || found.ID != registered.ID || found.Version != 1 {
			t.Errorf("%s: looked up as %+v, %v", s.Type, found, err)
		}
		if err := c.client.Compatible(t.Context(), subject, s); err != nil {
			t.Errorf("%s: %v", s.Type, err)
		}
	}
}

// References are resolved to any depth. What two schemas refer to is there once, and before them.
func (c contract) references(t *testing.T) {
	text := func(name string, fields ...string) string {
		list := `{"name":"id","type":"int"}`
		for _, f := range fields {
			list += `,{"name":"` + strings.ToLower(f) + `","type":"n.` + f + `"}`
		}
		return `{"type":"record","name":"` + name + `","namespace":"n","fields":[` + list + `]}`
	}
	refer := func(names ...string) []registry.Reference {
		var refs []registry.Reference
		for _, n := range names {
			refs = append(refs, registry.Reference{Name: "n." + n, Subject: c.prefix + n, Version: 1})
		}
		return refs
	}
	c.register(t, c.prefix+"City", &registry.Schema{Type: registry.Avro, Text: text("City")})
	c.register(t, c.prefix+"Address", &registry.Schema{Type: registry.Avro, Text: text("Address", "City"), References: refer("City")})
	top := &registry.Schema{Type: registry.Avro, Text: text("Person", "Address", "City"), References: refer("Address", "City")}
	id := c.register(t, c.prefix+"Person", top).ID
	s, err := c.client.Schema(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(top.References, s.References, cmpopts.IgnoreFields(registry.Reference{}, "Schema")); diff != "" {
		t.Error(diff)
	}
	var got []string
	for _, d := range s.Dependencies() {
		got = append(got, d.Name, d.Schema.Text)
	}
	if diff := cmp.Diff([]string{"n.City", text("City"), "n.Address", text("Address", "City")}, got); diff != "" {
		t.Error(diff)
	}
	if found, err := c.client.Lookup(t.Context(), c.prefix+"Person", top, false); err != nil || found.ID != id {
		t.Errorf("looked up as %+v, %v", found, err)
	}
}

// What is not there has an error that says what to do.
func (c contract) unknown(t *testing.T) {
	s := &registry.Schema{Type: registry.Avro, Text: `"int"`}
	subject := c.prefix + "here"
	c.register(t, subject, s)
	other := &registry.Schema{Type: registry.Avro, Text: `"string"`}
	for name, ask := range map[string]struct {
		call func() error
		kind error
		want string
	}{
		"ID":                     {func() error { _, err := c.client.Schema(t.Context(), schemaid.OfNumber(1<<31-1)); return err }, registry.ErrUnknownID, "schema ID 2147483647: the registry has no schema"},
		"subject":                {func() error { _, err := c.client.Latest(t.Context(), c.prefix+"nowhere"); return err }, registry.ErrUnknownSubject, "subject " + c.prefix + "nowhere, version latest: "},
		"version":                {func() error { _, err := c.client.Version(t.Context(), subject, 9); return err }, registry.ErrUnknownVersion, "subject " + subject + ", version 9: "},
		"schema":                 {func() error { _, err := c.client.Lookup(t.Context(), subject, other, true); return err }, registry.ErrUnknownSchema, "; register the schema, or set output.register to true"},
		"schema without subject": {func() error { _, err := c.client.Lookup(t.Context(), c.prefix+"nowhere", other, true); return err }, registry.ErrUnknownSubject, "; register the schema, or set output.register to true"},
		"invalid schema": {func() error {
			_, err := c.client.Register(t.Context(), subject, &registry.Schema{Type: registry.Avro, Text: `{"type":`}, false)
			return err
		}, registry.ErrInvalid, "422 Unprocessable Entity"},
		"subject without name": {func() error { _, err := c.client.Latest(t.Context(), ".."); return err }, registry.ErrInvalid, `".." is not a name`},
		"new subject":          {func() error { return c.client.Compatible(t.Context(), c.prefix+"nowhere", other) }, nil, ""},
	} {
		err := ask.call()
		if !errors.Is(err, ask.kind) || ask.kind != nil && !strings.Contains(err.Error(), ask.want) {
			t.Errorf("%s: %v, want %v with %q", name, err, ask.kind, ask.want)
		}
	}
}
