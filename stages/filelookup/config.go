package filelookup

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/loaderline/loaderline/internal/lookuptable"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// The formats of files.
const (
	// CSV is text as RFC 4180 has it. The first line has the names of the columns.
	CSV = "csv"
	// NDJSON is JSON objects, one behind the other.
	NDJSON = "ndjson"
	// JSON is a list of objects, or an object that has each row under its key.
	JSON = "json"
)

// Config says which file to read, and what its columns are. The zero value of each field but Path is its default.
type Config struct {
	// Path is the path of the file. It may be compressed by gzip or zstd, whatever its name.
	Path string
	// Format is CSV, NDJSON or JSON. Defaults to what the name of the file ends with: .csv, .tsv, .ndjson, .jsonl or .json, before
	// .gz, .zst or nothing.
	Format string
	// Delimiter separates the columns of CSV. Defaults to a comma, or to a tab if the name of the file ends with .tsv.
	Delimiter string
	// Key has the columns that hold the parts of the key. Defaults to _key, which is left out of the rows. In a JSON object each
	// row has its key as its name.
	Key []string
	// Types has the types of columns: one of those in package lookup, or double or json, which no key can be. A value becomes the JSON
	// that its type has. The default of JSON is any: values stay as they are. The default of CSV is text, and an empty column is
	// null. With a type, an empty column is null too, unless the type is text.
	Types map[string]string
	// MaxBytes bounds the file without compression, and the memory of its rows. While a new file is read there are two of these.
	// Defaults to 256 MiB.
	MaxBytes int64
	// Poll is how often the file is looked at. Defaults to 1 s.
	Poll time.Duration
	// Logger is told of each new content, and why a new file is not used. Defaults to none.
	Logger *slog.Logger
}

// Query finds the rows of keys in the file.
type Query struct {
	// Name names the stage in errors. Defaults to "lookup".
	Name string
	// Many reports whether each value is the list of a key's rows, in the order of the file. If false, a file that has a key
	// twice is wrong.
	Many bool
}

// Open makes a client of a file without reading it, whatever ctx is. Its error has all mistakes in the configuration.
//
// The client's first Lookup reads the file, and its errors are fatal by stages.ClassOf. From then on the client looks at the file
// every Poll and replaces all rows at once if the file has changed and stays as it is until the next look. If it cannot use the new
// file, it keeps the old rows. All loads of one run of a plan see the same rows. The Loader of a Lookup must be Local. Close ends the
// looking.
func Open(_ context.Context, cfg Config) (lookup.Client[Query], error) {
	c := &client{cfg: cfg}
	var problems []error
	if cfg.Path == "" {
		problems = append(problems, errors.New("there is no path"))
	}
	ending := endingOf(cfg.Path)
	if c.cfg.Format == "" {
		c.cfg.Format = formats[ending]
	}
	switch c.cfg.Format {
	case CSV, NDJSON, JSON:
	case "":
		problems = append(problems, fmt.Errorf("the name of the file does not say its format: it is %s, %s or %s", CSV, NDJSON, JSON))
	default:
		problems = append(problems, fmt.Errorf("unknown format %q: it is %s, %s or %s", cfg.Format, CSV, NDJSON, JSON))
	}
	var err error
	if c.delimiter, err = delimiterOf(c.cfg, ending); err != nil {
		problems = append(problems, err)
	}
	if c.schema, err = lookuptable.NewSchema(lookuptable.Config{Key: cfg.Key, Types: cfg.Types, Text: c.cfg.Format == CSV}); err != nil {
		problems = append(problems, err)
	}
	if c.cfg.MaxBytes <= 0 {
		c.cfg.MaxBytes = 256 << 20
	}
	if c.cfg.Poll <= 0 {
		c.cfg.Poll = time.Second
	}
	if c.cfg.Logger == nil {
		c.cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if len(problems) > 0 {
		return nil, fmt.Errorf("filelookup: %w", errors.Join(problems...))
	}
	return c, nil
}

// formats are those of the endings of names.
var formats = map[string]string{".csv": CSV, ".tsv": CSV, ".ndjson": NDJSON, ".jsonl": NDJSON, ".json": JSON}

// endingOf returns the ending of a file's name, before that of a compression.
func endingOf(path string) string {
	name := strings.ToLower(filepath.Base(path))
	name = strings.TrimSuffix(strings.TrimSuffix(name, ".gz"), ".zst")
	return filepath.Ext(name)
}

func delimiterOf(cfg Config, ending string) (rune, error) {
	switch {
	case cfg.Delimiter == "" && ending == ".tsv":
		return '\t', nil
	case cfg.Delimiter == "":
		return ',', nil
	case cfg.Format != CSV:
		return 0, fmt.Errorf("a delimiter is for the format %s", CSV)
	}
	r, size := utf8.DecodeRuneInString(cfg.Delimiter)
	if size != len(cfg.Delimiter) || r == utf8.RuneError || strings.ContainsRune("\"\r\n\x00", r) {
		return 0, fmt.Errorf("the delimiter %q is not one character that can separate columns", cfg.Delimiter)
	}
	return r, nil
}

// fatal is an error that only another file or configuration can help against.
func fatal(err error) error { return stages.WithClass(err, stages.Fatal) }
