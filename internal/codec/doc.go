// Package codec turns the bytes of records into JSON text and back, by schemas of a registry or of a file.
//
// A Decoder finds the ID of the schema of each record, and compiles each schema once. An Encoder writes the outputs of a pipeline,
// with a schema for each schema of events, and a PartEncoder what people write. Prepare fetches the schemas of a batch
// before it is decoded, so that an outage of the registry is no fault of a record.
package codec
