// Package codec turns the bytes of records into JSON text, by schemas of a registry or of a file.
//
// A Decoder finds the ID of the schema of each record, and compiles each schema once. Prepare fetches the schemas of a batch
// before it is decoded, so that an outage of the registry is no fault of a record.
package codec
