// Package doctest holds README.md, docs/ and examples/ to the program. It has tests only.
//
// Every fenced block of a page says by its first line how it is checked, and a block that says nothing known fails:
//
//	```yaml                a pipeline file, or a part of one that is laid over examples/user-events.yaml
//	```yaml wrong=NAME     a pipeline file with mistakes, which is written to NAME for the commands after it
//	```yaml file=NAME      a file that is written to NAME for the commands after it
//	```json file=NAME      the same for other files, such as schemas; also ```proto file=NAME
//	```yaml manifest       a Kubernetes manifest that runs loaderline
//	```console             commands after "$ " and what they print, run in order in one folder for each page
//	```console background  the same, but the last one runs until the page ends, and then has to exit 0 at SIGINT
//	```console fails=CODE  the same, with another exit code than 0
//	```console elsewhere   commands that need Docker or a cluster: their names and flags have to exist
//	```go                  lines of a Go file of this package
//	```json                JSON documents
//	```promql              an expression over metrics that loaderline has
//
// An indented block is taken for a part of a pipeline file. In what a command prints, "..." is any
// text within a line; a line that is only "..." is any number of lines. Links have to lead somewhere, and a command in
// `code` has to exist with its flags, in whatever block it is.
package doctest
