// Package strictyaml reads YAML files strictly and reports every problem with its line, its column and what to write
// instead.
//
// A file is one YAML document in UTF-8 of at most 1 MiB. Anchors, aliases, tags, merge keys, directives, duplicate keys
// and a second document are errors, so that a file means what it appears to mean. The limits on size, tokens and depth
// hold before the YAML library sees the file: a hostile file costs little.
//
// There are two ways to read a file:
//
//   - [Schema.Decode] fills a struct from a file whose keys a table describes. The table gives each key's type, default,
//     bounds and meaning; decoding, defaults, suggestions and [Schema.JSONSchema] follow it. Decode replaces ${NAME},
//     ${NAME:-default} and ${file:PATH} in scalars after the YAML was parsed, so a value cannot inject YAML. A [Document]
//     then takes the caller's own checks, which compare several keys, and its Err returns all problems together.
//   - [Parse] returns a tree of [Node] for a file of free form, such as the rows and events of a test. It replaces no
//     variables.
//
// Every problem is an [*Error]. An error shows a scalar as the file has it and never what ${} stands for. It also leaves
// out what may be a password or a token, such as the user information of a URL. Secrets have the type [Secret], which
// prints as a placeholder.
//
// To add a key to a kind of file, add a [Key] to its table and a field with the same name in its tag to its struct. To add
// a kind of file, write a struct and a [Schema] for it.
package strictyaml
