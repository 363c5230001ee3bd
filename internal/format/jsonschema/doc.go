// Package jsonschema validates JSON text against a JSON Schema of a registry.
//
// The text itself is the value: nothing is decoded or encoded. A schema without $schema is draft 7, as serializers with a registry take
// it. A $ref leads to a reference of the schema and never to a file or the network.
package jsonschema
