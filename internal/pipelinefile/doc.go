// Package pipelinefile reads the pipeline file: one YAML document that says
// where events come from, how they are enriched and where they go.
//
// The file is parsed strictly. Unknown and duplicate keys, anchors, tags and
// several documents are errors, as is every value that does not fit its key, so
// that a mistake is found before the first event and never ignored. All
// problems of a file are reported at once, each as an [*Error] with line,
// column and what to write instead.
//
// One table, returned by [Keys], describes every key: its type, default,
// bounds and meaning. Decoding, defaults and suggestions follow that table, and
// so can a schema.
//
// ${NAME}, ${NAME:-default} and ${file:PATH} are replaced inside scalars after
// the YAML was parsed, so a value cannot inject YAML. What was replaced is
// never shown in an error: the scalar is shown as the file has it. DSNs and
// passwords are of type [Secret], which redacts itself wherever it is printed.
//
// The package knows neither Kafka nor SQL: what a path, a query or a key type
// means is for the package that compiles the file, which reports its own
// problems at the right place through [File.Errorf].
package pipelinefile
