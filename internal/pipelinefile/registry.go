package pipelinefile

import (
	"slices"
	"time"

	"github.com/loaderline/loaderline/internal/strictyaml"
)

// Registry is the registry with the schemas of records.
type Registry struct {
	URLs    []string          `key:"url"`
	Basic   *Basic            `key:"basic"` // nil: none
	Token   strictyaml.Secret `key:"token"`
	TLS     TLS               `key:"tls"`
	Timeout time.Duration     `key:"timeout"`
}

// Basic is a user of basic authentication.
type Basic struct {
	Username string            `key:"username"`
	Password strictyaml.Secret `key:"password"`
}

func registryKeys() []strictyaml.Key {
	return slices.Concat([]strictyaml.Key{
		{Path: "registry", Type: strictyaml.TypeSection, Doc: "The schema registry, for the formats avro, protobuf and json_schema. Defaults to none."},
		{Path: "registry.url", Type: strictyaml.TypeListOrComma, Required: true, Example: "http://localhost:8081", Pattern: `^https?://[^\s@?#,]+$`, PatternDoc: "a url begins with https:// or http:// and has no credentials, query or fragment; put credentials into basic or token", Doc: "The registry, which has Confluent's API: that of Apicurio ends with /apis/ccompat/v7. If there are several, the next is asked where one is away."},
		{Path: "registry.basic", Type: strictyaml.TypeSection, Doc: "The user of the registry, by basic authentication. Defaults to none."},
		{Path: "registry.basic.username", Type: strictyaml.TypeString, Required: true, Example: `"${REGISTRY_USERNAME}"`, Doc: "The user."},
		{Path: "registry.basic.password", Type: strictyaml.TypeSecret, Required: true, Example: `"${REGISTRY_PASSWORD}"`, Doc: "The user's password; best from the environment or a file."},
		{Path: "registry.token", Type: strictyaml.TypeSecret, Doc: "A bearer token, in place of basic; best from the environment or a file. Defaults to none."},
	}, tlsKeys("registry", "How an https url is trusted."), []strictyaml.Key{
		{Path: "registry.timeout", Type: strictyaml.TypeDuration, Default: "5s", Min: ms, Max: hour, Doc: "How long one request may take."},
	})
}

// checkInputSchema checks the keys of values that have a schema.
func (c *checker) checkInputSchema() {
	in := &c.file.Input
	if c.Has("registry.basic") && c.Has("registry.token") {
		c.Fail("registry.token", "there is registry.basic too, and a request has one of them; remove the other")
	}
	c.checkNoSchema(in)
	if !c.Has("input.id") {
		in.ID = SchemaIDConfluent
		if in.Schema != "" {
			in.ID = SchemaIDNone
		}
	}
	byID := in.Format.HasSchema() && in.Schema == ""
	switch {
	case c.FailedBelow("input"):
	case byID && !c.Has("registry"):
		c.Fail("input.format", "nothing has the schemas of values in %s; add registry: {url: ...}, or input.schema with a file", in.Format)
	case in.KeyFormat.HasSchema() && !c.Has("registry"):
		c.Fail("input.key_format", "nothing has the schemas of keys in %s; add registry: {url: ...}", in.KeyFormat)
	case byID && in.ID == SchemaIDNone:
		c.Fail("input.id", "without an ID nothing says which schema of the registry a value has; add input.schema with a file")
	case in.Message != "" && (in.Format != FormatProtobuf || in.Schema == ""):
		c.Fail("input.message", "is for format: protobuf with a schema file; with a registry each value says which message it is")
	}
}

// checkNoSchema refuses keys that are about schemas where values have none.
func (c *checker) checkNoSchema(in *Input) {
	if in.Format.HasSchema() {
		return
	}
	for _, key := range []string{"schema", "message", "id"} {
		if at := "input." + key; c.Has(at) && (key != "id" || !in.KeyFormat.HasSchema()) {
			c.Fail(at, "is for values with a schema, and input.format is %s; write format: avro, protobuf or json_schema, or remove the key", in.Format)
		}
	}
}
