package strictyaml_test

import (
	"fmt"
	"io/fs"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/loaderline/loaderline/internal/strictyaml"
)

// shop is a kind of file that has a key of each type.
type shop struct {
	Name    string                       `key:"name"`
	Text    string                       `key:"text"`
	Level   level                        `key:"level"`
	Since   since                        `key:"since"`
	Folder  string                       `key:"folder"`
	Tags    []string                     `key:"tags"`
	Owners  []string                     `key:"owners"`
	Hosts   []string                     `key:"hosts"`
	Codes   []int                        `key:"codes"`
	Token   strictyaml.Secret            `key:"token"`
	Headers map[string]strictyaml.Secret `key:"headers"`
	Classes map[string]level             `key:"classes"`
	Label   *strictyaml.Template         `key:"label"`
	Filter  jsontext.Value               `key:"filter"`
	Stock   []strictyaml.Row             `key:"stock"`
	Sum     string                       `key:"sum"`
	Columns []column                     `key:"columns"`
	Limits  limits                       `key:"limits"`
	Backup  *backup                      `key:"backup"`
	TLS     tls                          `key:"tls"`
	Shelves []shelf                      `key:"shelves"`
	Prices  []price                      `key:"prices"`
}

type limits struct {
	common

	Workers int   `key:"workers"`
	Share   int64 `key:"share"`
	Memory  int64 `key:"memory"`
}

// common is embedded: its keys are keys of the section.
type common struct {
	Wait   time.Duration `key:"wait"`
	Strict bool          `key:"strict"`
}

type backup struct {
	Path  string        `key:"path"`
	Every time.Duration `key:"every"`
}

type tls struct {
	Enabled bool   `key:"-"`
	CA      string `key:"ca"`
}

type shelf struct {
	Name string `key:"-"`
	Of   string `key:"of"`
	Rows int    `key:"rows"`
}

type price struct {
	Amount int    `key:"amount"`
	Unit   string `key:"unit"`
}

type column struct{ Name, Value, Key string }

type level string

// since is a word or a time.
type since struct {
	word string
	at   time.Time
}

func (s *since) UnmarshalText(text []byte) error {
	if string(text) == "ever" {
		*s = since{word: "ever"}
		return nil
	}
	at, err := time.Parse(time.RFC3339, string(text))
	if err != nil {
		return fmt.Errorf("no time: %w", err)
	}
	*s = since{at: at}
	return nil
}

func shopSchema() *strictyaml.Schema {
	const minute = int64(time.Minute)
	return &strictyaml.Schema{
		Kind: "shop", Title: "A shop", NotVariables: map[string]string{"rows": "rows are $rows, without braces"},
		Keys: []strictyaml.Key{
			{Path: "name", Type: strictyaml.TypeString, Required: true, Example: "corner", Pattern: `^[a-z]+$`, PatternDoc: "a name has lower-case letters"},
			{Path: "text", Type: strictyaml.TypeString},
			{Path: "level", Type: strictyaml.TypeEnum, Default: "low", Enum: []string{"low", "middle", "high"}},
			{Path: "since", Type: strictyaml.TypeEnumOrTime, Default: "ever", Enum: []string{"ever"}},
			{Path: "folder", Type: strictyaml.TypePath},
			{Path: "tags", Type: strictyaml.TypeList},
			{Path: "owners", Type: strictyaml.TypeListOrOne},
			{Path: "hosts", Type: strictyaml.TypeListOrComma, Pattern: `^[a-z]+:[0-9]+$`, PatternDoc: "a host is host:port"},
			{Path: "codes", Type: strictyaml.TypeIntegers, Min: 400, Max: 499},
			{Path: "token", Type: strictyaml.TypeSecret},
			{Path: "headers", Type: strictyaml.TypeSecrets},
			{Path: "classes", Type: strictyaml.TypeEnums, Enum: []string{"low", "high"}},
			{Path: "label", Type: strictyaml.TypeTemplate},
			{Path: "filter", Type: strictyaml.TypeDocument, Example: "{of: books}"},
			{Path: "stock", Type: strictyaml.TypeRows, Example: "[{of: books}]"},
			{Path: "sum", Type: strictyaml.TypeExpression},
			{Path: "columns", Type: strictyaml.TypeExpressions},
			{Path: "limits", Type: strictyaml.TypeSection},
			{Path: "limits.workers", Type: strictyaml.TypeInteger, Default: "4", Min: 1, Max: 256},
			{Path: "limits.share", Type: strictyaml.TypePercentage, Default: "50%", Min: 1, Max: 99},
			{Path: "limits.memory", Type: strictyaml.TypeSize, Default: "8MiB", Min: 1 << 10, Max: 1 << 30},
			{Path: "limits.wait", Type: strictyaml.TypeDuration, Default: "1m", Min: 0, Max: 60 * minute},
			{Path: "limits.strict", Type: strictyaml.TypeBoolean, Default: "true"},
			{Path: "backup", Type: strictyaml.TypeSection},
			{Path: "backup.path", Type: strictyaml.TypePath, Required: true, Example: "backup"},
			{Path: "backup.every", Type: strictyaml.TypeDuration, Default: "1h", Min: minute, Max: 24 * 60 * minute},
			{Path: "tls", Type: strictyaml.TypeSwitch, Default: "false"},
			{Path: "tls.ca", Type: strictyaml.TypePath},
			{
				Path: "shelves", Type: strictyaml.TypeNames, Required: true, Example: "{top: {of: books}}",
				Pattern: `^[a-z][a-z_]*$`, PatternDoc: "names have lower-case letters", Reserved: []strictyaml.ReservedName{{Name: "floor", Doc: "the floor is no shelf"}},
			},
			{Path: "shelves.*", Type: strictyaml.TypeSection, Noun: "a shelf"},
			{Path: "shelves.*.of", Type: strictyaml.TypeString, Required: true, Example: "books"},
			{Path: "shelves.*.rows", Type: strictyaml.TypeInteger, Default: "2"},
			{Path: "prices", Type: strictyaml.TypeSections, Example: "[{amount: 1}]"},
			{Path: "prices[].amount", Type: strictyaml.TypeInteger, Required: true, Example: "1"},
			{Path: "prices[].unit", Type: strictyaml.TypeString},
		},
	}
}

// least is the smallest right file. Its lines are the first of others.
const least = "name: corner\nshelves: {top: {of: books}}\n"

// canary must not be seen in any message.
const canary = "canary-4711"

// world is an environment with a secret in it and no files.
func world() strictyaml.Options {
	variables := map[string]string{"SECRET": canary, "EMPTY": ""}
	return strictyaml.Options{
		Getenv: func(name string) (string, bool) {
			value, set := variables[name]
			return value, set
		},
		ReadFile: func(path string) ([]byte, error) {
			return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
		},
	}
}

// decode reads a shop file, and returns all its problems as one error.
func decode(t *testing.T, text string, opts strictyaml.Options) (*shop, *strictyaml.Document, error) {
	t.Helper()
	var s shop
	document, err := shopSchema().Decode("shop.yaml", []byte(text), &s, opts)
	if err == nil {
		err = document.Err()
	}
	return &s, document, err
}
