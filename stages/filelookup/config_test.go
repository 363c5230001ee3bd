package filelookup_test

import (
	"strings"
	"testing"

	"github.com/loaderline/loaderline/stages/filelookup"
)

func TestOpenFindsAllMistakes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		cfg  filelookup.Config
		want []string
	}{
		{filelookup.Config{}, []string{"there is no path", "does not say its format"}},
		{filelookup.Config{Path: "a.xml", Format: "xml"}, []string{`unknown format "xml": it is csv, ndjson or json`}},
		{filelookup.Config{Path: "a.csv", Delimiter: `"`}, []string{"is not one character that can separate columns"}},
		{filelookup.Config{Path: "a.csv", Delimiter: `||`}, []string{"is not one character that can separate columns"}},
		{filelookup.Config{Path: "a.json", Delimiter: `,`}, []string{"a delimiter is for the format csv"}},
		{
			filelookup.Config{Path: "a.csv", Key: []string{"a", "b", "a", "c", "d"}, Types: map[string]string{"b": "serial", "c": "double", "d": "json"}},
			[]string{"column a is in the key twice", `column b: unknown type "serial": it is one of any, text`, "column c cannot be a key as double; write numeric", "column d cannot be a key as json; write any"},
		},
	} {
		_, err := filelookup.Open(t.Context(), tc.cfg)
		if err == nil {
			t.Fatalf("%+v: no error", tc.cfg)
		}
		for _, want := range tc.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%+v: %v, want %s", tc.cfg, err, want)
			}
		}
	}
}
