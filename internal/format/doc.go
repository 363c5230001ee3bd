// Package format has what the transcoders between binary formats and JSON text have in common: how values look as JSON, the bounds against
// hostile input, the errors, and a reader of JSON text. See the packages below it for the formats.
package format
