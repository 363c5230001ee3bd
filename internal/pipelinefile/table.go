package pipelinefile

import (
	"slices"
	"time"

	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/internal/strictyaml"
)

// FileSource is a file that has all rows. Its path is joined with the folder of the pipeline file.
type FileSource struct {
	Path string `key:"path"`
	// Format is FormatCSV, FormatNDJSON or FormatJSON; empty: the name of the file says it.
	Format    Format `key:"format"`
	Delimiter string `key:"delimiter"` // Empty: a comma, or a tab by the name of the file.
	// Key has the columns of the key; empty: _key.
	Key      []string              `key:"key"`
	Types    map[string]ColumnType `key:"types"`
	MaxBytes int64                 `key:"max_bytes"`
	Poll     time.Duration         `key:"poll"`
}

// Inline is a table in the pipeline file itself.
type Inline struct {
	Key   []string              `key:"key"` // Columns; empty: _key.
	Types map[string]ColumnType `key:"types"`
	Rows  []strictyaml.Row      `key:"rows"`
}

// hiddenKey is the column with the key if no other is named.
const hiddenKey = "_key"

// tableKey returns the columns of a local source's key, and their types; empty if none has one.
func (s *Source) tableKey() (columns, types []string) {
	of := map[string]ColumnType{}
	switch {
	case s.File != nil:
		columns, of = s.File.Key, s.File.Types
	case s.Inline != nil:
		columns, of = s.Inline.Key, s.Inline.Types
	}
	if len(columns) == 0 {
		columns = []string{hiddenKey}
	}
	for _, column := range columns {
		if of[column] == "" {
			return columns, nil
		}
		types = append(types, string(of[column]))
	}
	return columns, types
}

func tableKeys() []strictyaml.Key {
	columnTypes := words(ColumnAny, ColumnText, ColumnCIText, ColumnChar, ColumnBoolean, ColumnSmallint, ColumnInteger, ColumnBigint, ColumnNumeric, ColumnDouble,
		ColumnUUID, ColumnDate, ColumnTimestamp, ColumnTimestamptz, ColumnJSON)
	return []strictyaml.Key{
		{Path: "sources.*.file", Type: strictyaml.TypeSection, Doc: "A file that has all rows, in memory. It may be compressed by gzip or zstd, and is loaded again as a whole when it changes."},
		{Path: "sources.*.file.path", Type: strictyaml.TypePath, Required: true, Example: "zones.csv", Doc: "The file, relative to the pipeline file."},
		{Path: "sources.*.file.format", Type: strictyaml.TypeEnum, Enum: words(FormatCSV, FormatNDJSON, FormatJSON), Doc: "csv: the first line has the names of the columns. ndjson: objects. json: a list of objects, or without key an object that has each row under its key. Defaults to what the name of the file ends with, before .gz or .zst: .csv, .tsv, .ndjson, .jsonl or .json."},
		{Path: "sources.*.file.delimiter", Type: strictyaml.TypeString, Doc: "CSV: the character between two columns. Defaults to a comma, or to a tab if the name of the file ends with .tsv."},
		{Path: "sources.*.file.key", Type: strictyaml.TypeListOrOne, Doc: "The column that holds the key, or the list of them for a composite key. Defaults to _key, which is left out of the result."},
		{Path: "sources.*.file.types", Type: strictyaml.TypeEnums, Enum: columnTypes, Doc: "The types of columns, such as {zone_id: bigint}. They say which keys are equal, and what a value becomes in JSON. In CSV a column without one is text, and null where it is empty. In JSON it is any: as the file has it."},
		{Path: "sources.*.file.max_bytes", Type: strictyaml.TypeSize, Default: "256MiB", Min: kib, Max: tib, Doc: "The most memory for the rows, and the most bytes of the file after decompression. While a new file is loaded, the rows of both are in memory."},
		{Path: "sources.*.file.poll", Type: strictyaml.TypeDuration, Default: "1s", Min: ms, Max: hour, Doc: "How often to look whether the file has changed. A changed file is loaded if it is the same at two looks."},
		{Path: "sources.*.inline", Type: strictyaml.TypeSection, Doc: "A small table in the pipeline file itself."},
		{Path: "sources.*.inline.key", Type: strictyaml.TypeListOrOne, Doc: "The column that holds the key, or the list of them for a composite key. Defaults to _key, which is left out of the result."},
		{Path: "sources.*.inline.types", Type: strictyaml.TypeEnums, Enum: columnTypes, Doc: "The types of columns. A column without one is any: as it is written."},
		{Path: "sources.*.inline.rows", Type: strictyaml.TypeRows, Required: true, Example: "[{code: DE, name: Germany}]", Doc: "The rows. Their values are any YAML."},
	}
}

// limits are the keys of a source about its calls.
var limits = []string{"timeout", "max_keys", "max_calls", "rate", "breaker", "errors"}

// checkLocal refuses the keys that are about calls of a source whose rows are in memory.
func (c *checker) checkLocal(key string, s *Source) {
	for _, name := range limits {
		if c.Has(key + "." + name) {
			c.Fail(key+"."+name, "%s is %s, whose rows are in memory and not called for; remove the key", s.Name, kindWords[s.Kind()])
		}
	}
	columns, _ := s.tableKey()
	for i, column := range columns {
		if slices.Index(columns, column) < i {
			c.Fail(key+"."+string(s.Kind())+".key", "has the column %s twice; remove one of them", strictyaml.Excerpt(column))
		}
	}
}

// checkLocalStage checks a stage whose source has its rows in memory.
func (c *checker) checkLocalStage(key string, s *Stage, source *Source) {
	for _, name := range []string{"cache", "on_outage"} {
		if c.Has(key + "." + name) {
			c.Fail(key+"."+name, "%s is %s, whose rows are in memory, so that there is nothing to cache and no outage; remove the key", s.Source, kindWords[source.Kind()])
		}
	}
	s.Cache = StageCache{}
}

// checkTable checks that the key of a stage has the columns of its table, and takes them from there.
func (c *checker) checkTable(key string, s *Stage, source *Source) {
	if c.Has(key + ".key_type") {
		c.Fail(key+".key_type", "the types of columns are in sources.%s.%s.types; remove the key", source.Name, source.Kind())
	}
	if s.OnMissing == OnMissingRetry {
		c.Fail(key+".on_missing", "an event sees one version of the rows, so waiting would find nothing new; use keep, drop or dead_letter")
	}
	s.Key, s.KeyType = source.tableKey()
	if len(s.By) > 0 && len(s.By) != len(s.Key) {
		c.Fail(key+".by", "by has %s, and the key of source %s has %s (%s); write one path for each column, in the same order",
			plural.Count(len(s.By), "path"), source.Name, plural.Count(len(s.Key), "column"), strictyaml.JoinWords(s.Key, "and"))
	}
}
