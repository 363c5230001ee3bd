// Package outputschema derives the schema of a pipeline's output: from the schema that its events were written with, and from the columns
// of its statements.
//
// A Form says what is known of the output before the first event. Its parts that come from the event have no types of their own: each
// schema that events are written with makes an output schema of the same Form. Everything that a database sent is nullable, since no
// database knows what an outer join or a missing row makes null.
//
// A value whose type is not known needs an entry in Config.Types. Errors name all such values, and what to write.
package outputschema
