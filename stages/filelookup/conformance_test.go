package filelookup_test

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"strings"
	"testing"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages/filelookup"
	"github.com/loaderline/loaderline/stages/lookuptest"
)

var keyTypes = []string{"smallint", "integer", "bigint", "numeric", "text", "citext", "char", "uuid", "boolean", "timestamptz", "timestamp", "date"}

// conforms runs the suite on files with the content that render makes of a world.
func conforms(t *testing.T, cfg filelookup.Config, types []string, render func(testing.TB, lookuptest.World) string) {
	t.Helper()
	lookuptest.Run(t, lookuptest.Harness{
		OneRow:   true,
		KeyTypes: types,
		New: func(tb testing.TB, w lookuptest.World) lookupext.Source {
			tb.Helper()
			cfg := cfg
			cfg.Path = file(tb, "table", render(tb, w))
			cfg.Types = map[string]string{"_key": w.KeyType, "body": "text", "n": "bigint"}
			return prepare(tb, open(tb, cfg), w.Many)
		},
	})
}

func TestCSVConforms(t *testing.T) {
	t.Parallel()
	conforms(t, filelookup.Config{Format: filelookup.CSV, Delimiter: ";"}, keyTypes, func(tb testing.TB, w lookuptest.World) string {
		tb.Helper()
		var b bytes.Buffer
		out := csv.NewWriter(&b)
		out.Comma = ';'
		lines := [][]string{{"n", "_key", "body"}}
		for _, r := range w.Rows {
			lines = append(lines, []string{strconv.FormatInt(r.N, 10), string(lookupkey.AppendText(nil, r.Key)), r.Body})
		}
		if err := out.WriteAll(lines); err != nil {
			tb.Fatal(err)
		}
		return b.String()
	})
}

// object returns a row with its key.
func object(r lookuptest.Row) string { return `{"_key":` + string(r.Key) + `,` + r.Value()[1:] }

func TestNDJSONConforms(t *testing.T) {
	t.Parallel()
	types := append([]string{"any"}, keyTypes...)
	conforms(t, filelookup.Config{Format: filelookup.NDJSON}, types, func(tb testing.TB, w lookuptest.World) string {
		tb.Helper()
		var b strings.Builder
		for _, r := range w.Rows {
			b.WriteString(object(r) + "\n")
		}
		return zstandard(tb, b.String())
	})
}

func TestJSONConforms(t *testing.T) {
	t.Parallel()
	types := append([]string{"any"}, keyTypes...)
	conforms(t, filelookup.Config{Format: filelookup.JSON}, types, func(tb testing.TB, w lookuptest.World) string {
		tb.Helper()
		rows := make([]string, len(w.Rows))
		for i, r := range w.Rows {
			rows[i] = object(r)
		}
		return gzipped(tb, " [ "+strings.Join(rows, " ,\n")+"\n]\n")
	})
}
