// Package pipelinefile has the keys and rules of the pipeline file: one YAML document that says where events come from, how
// they are enriched and where they go.
//
// [Keys] describes every key: its type, default, bounds and meaning. Package strictyaml reads the file by that table, and
// Parse then checks what takes more than one key. It reports all problems of a file at once.
//
// The package knows neither Kafka nor SQL. What a path, a query or a key type means is for the package that compiles the
// file, which reports its own problems at the right place through [File.Errorf].
package pipelinefile
