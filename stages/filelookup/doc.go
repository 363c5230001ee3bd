// Package filelookup looks keys up in a file: CSV, NDJSON or JSON, also compressed by gzip or zstd.
//
// The file is read whole, and its rows are kept in memory. A row of CSV becomes an object with the columns in their order; a row of
// NDJSON or JSON is an object already, and stays as it is except for white space and for columns with a type. Objects name no
// member twice. All text is UTF-8; a byte order mark is skipped.
//
// When the file changes, it is read again and all rows are replaced at once. It may be replaced by a rename, as by the symbolic links of
// a Kubernetes ConfigMap, or be written in place. A file that changes while it is read is read again. A file that stays half-written for
// longer than Config.Poll and has no mistake cannot be told from a whole one, so write to another file and rename it.
//
// A file that cannot be used is an error of the first Lookup, and later changes nothing: the rows of before stay. Errors name the
// line and show nothing of the content.
package filelookup
