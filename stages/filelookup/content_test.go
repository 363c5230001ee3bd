package filelookup_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/filelookup"
	"github.com/loaderline/loaderline/stages/lookup"
)

func TestRows(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		cfg     filelookup.Config
		name    string
		content string
		many    bool
		want    map[lookup.Key]string
	}{
		"columns are text, and null where they are empty": {
			name: "zones.csv", cfg: filelookup.Config{Key: []string{"id"}}, content: "id,name,note\n7,\"a \"\"b\"\", c\",\n008,,x\n",
			want: map[lookup.Key]string{`"7"`: `{"id":"7","name":"a \"b\", c","note":null}`, `"008"`: `{"id":"008","name":null,"note":"x"}`, `"8"`: "missing"},
		},
		"columns with types": {
			name:    "zones.csv",
			cfg:     filelookup.Config{Key: []string{"id"}, Types: map[string]string{"id": "bigint", "t": "text", "b": "boolean", "n": "numeric", "d": "double", "j": "json", "at": "timestamptz", "day": "date"}},
			content: "id,t,b,n,d,j,at,day\n007,,TRUE,12.50,1e3,\"{\"\"a\"\": [1]}\",2024-03-01T01:30:00+02:00,2024-02-29\n8,x,,0.50,NaN,,,\n",
			want: map[lookup.Key]string{
				"7": `{"id":7,"t":"","b":true,"n":12.50,"d":1e3,"j":{"a":[1]},"at":"2024-02-29T23:30:00Z","day":"2024-02-29"}`,
				"8": `{"id":8,"t":"x","b":null,"n":0.50,"d":"NaN","j":null,"at":null,"day":null}`,
			},
		},
		"a composite key": {
			name: "zones.tsv", cfg: filelookup.Config{Key: []string{"tenant", "id"}, Types: map[string]string{"id": "integer"}},
			content: "\ufeffid\ttenant\r\n1\ta\r\n2\ta\r\n",
			want:    map[lookup.Key]string{`["a",1]`: `{"id":1,"tenant":"a"}`, `["a",2]`: `{"id":2,"tenant":"a"}`, `["b",1]`: "missing"},
		},
		"several rows for a key": {
			name: "zones.CSV.gz", cfg: filelookup.Config{}, many: true, content: "_key,n\na,1\nb,2\na,3\n\na,4\n",
			want: map[lookup.Key]string{`"a"`: `[{"n":"1"},{"n":"3"},{"n":"4"}]`, `"b"`: `[{"n":"2"}]`, `"c"`: "missing"},
		},
		"only a header": {
			name: "zones.csv", cfg: filelookup.Config{Key: []string{"id"}}, content: "id\n", want: map[lookup.Key]string{`"7"`: "missing"},
		},
		"values of JSON stay as they are": {
			name: "zones.jsonl", cfg: filelookup.Config{Key: []string{"id"}}, content: "{\"id\": 7, \"n\": 1.00e2, \"t\": \"\\u0061\"}\n\n{ \"id\": \"7\" }",
			want: map[lookup.Key]string{"7": `{"id":7,"n":1.00e2,"t":"\u0061"}`, `"7"`: `{"id":"7"}`},
		},
		"columns of JSON with types": {
			name: "zones.json", cfg: filelookup.Config{Key: []string{"id"}, Types: map[string]string{"id": "text", "n": "bigint"}}, content: `[{"id": 7, "n": "0012"}, {"id": "8", "n": null}]`,
			want: map[lookup.Key]string{`"7"`: `{"id":"7","n":12}`, `"8"`: `{"id":"8","n":null}`},
		},
		"an object that has rows under their keys": {
			name: "zones.json", cfg: filelookup.Config{Types: map[string]string{"_key": "bigint"}}, content: "{\"007\": {\"name\": \"a\"},\n\"8\": {}}",
			want: map[lookup.Key]string{"7": `{"name":"a"}`, "8": `{}`},
		},
		"nothing": {
			name: "zones.ndjson", cfg: filelookup.Config{Key: []string{"id"}}, want: map[lookup.Key]string{"7": "missing"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, content := range []string{tc.content, gzipped(t, tc.content), zstandard(t, tc.content)} {
				tc.cfg.Path = file(t, tc.name, content)
				l := prepare(t, open(t, tc.cfg), tc.many)
				for key, want := range tc.want {
					if got := find(t, l, key); got != want {
						t.Errorf("key %s: %s, want %s", key, got, want)
					}
				}
			}
		})
	}
}

func TestUnusableFiles(t *testing.T) {
	t.Parallel()
	ids := filelookup.Config{Key: []string{"id"}, Types: map[string]string{"id": "bigint"}}
	for _, tc := range []struct {
		name, content string
		cfg           filelookup.Config
		want          string // behind the path
	}{
		{"a.csv", "", ids, ": the file is empty; its first line has the names of the columns"},
		{"a.csv", "id,name\n1,a\n2\n", ids, ":3: the row has 1 column, and the header has 2"},
		{"a.csv", "id,name\n1,a,b\n", ids, ":2: the row has 3 columns, and the header has 2"},
		{"a.csv", "name,zone\n", ids, `:1: there is no column "id", which holds the key`},
		{"a.csv", "id,name,name\n", ids, `:1: column "name" is there twice`},
		{"a.csv", "id,\n", ids, ":1: column 2 has no name"},
		{"a.csv", "id,\xff\n", ids, ":1: the name of column 2 is not UTF-8"},
		{"a.csv", "id,name\n1,\"a\nb\"\n2,\xff\n", ids, `:4: column "name" is not UTF-8`},
		{"a.csv", "id,name\n1,a\nsecret,b\n", ids, `:3: column "id" is not of type bigint`},
		{"a.csv", "id,name\n1,a\n,b\n", ids, `:3: the row has no value in column "id", which holds the key`},
		{"a.csv", "id,name\n1,a\n2,b\n01,c\n", ids, ":4: the row has the key of line 2; many: true makes a list of them"},
		{"a.csv", "id,name\n1,\"a\n2,b\n", ids, ":2: a column begins with a quote, and the file ends before the quote that closes it"},
		{"a.csv", "id,name\n1,a\"b\n", ids, `:2: there is a quote in a column that does not begin with one; put the column in quotes and write "" for the quote`},
		{"a.csv", "id,name\n1,\"a\"b\n", ids, `:2: there is text behind the quote that closes a column; write "" for a quote in it`},
		{"a.csv", "tenant,id\na,1\na,2\na,1\n", filelookup.Config{Key: []string{"tenant", "id"}}, ":4: the row has the key of line 2; many: true makes a list of them"},
		{"a.csv", "id,j\n1,{\"secret\":\n", filelookup.Config{Key: []string{"id"}, Types: map[string]string{"j": "json"}}, `:2: there is a quote in a column that does not begin with one; put the column in quotes and write "" for the quote`},
		{"a.csv", "id,j\n1,[secret]\n", filelookup.Config{Key: []string{"id"}, Types: map[string]string{"j": "json"}}, `:2: column "j" is not JSON, at byte 1`},
		{"a.csv", "id\n1\n", filelookup.Config{Key: []string{"id"}, Types: map[string]string{"price": "double"}}, `:1: there is no column "price", which has a type`},
		{"a.ndjson", "{\"id\":1}\n{\"id\":2,}\n", ids, ":2: the file is not JSON, at byte 17"},
		{"a.ndjson", "{\"id\":1}\n{\"id\":2", ids, ":2: the file ends before its JSON does"},
		{"a.ndjson", "{\"id\":1}\n\n[2]\n", ids, ":3: the row is not a JSON object"},
		{"a.ndjson", "{\"id\":1}\n{\"name\":\"x\"}\n", ids, `:2: the row has no value in column "id", which holds the key`},
		{"a.ndjson", "{\"id\":1}\n{\"id\":null}\n", ids, `:2: the row has no value in column "id", which holds the key`},
		{"a.ndjson", "{\"id\":{}}\n", filelookup.Config{Key: []string{"id"}}, ":1: the key: an object cannot be a key: a key is a string, a number or a boolean"},
		{"a.ndjson", "{\"id\":1,\"a\":1,\"a\":2}\n", ids, ":1: the file has a name twice in one object, the second at byte 14"},
		{"a.ndjson", "{\"id\":1,\"a\":\"\xff\"}\n", ids, ":1: the file has invalid UTF-8 at byte 13"},
		{"a.ndjson", "{\"id\":1}\n{\n\"id\":1\n}\n", ids, ":2: the row has the key of line 1; many: true makes a list of them"},
		{"a.json", "[{\"id\":1},\n{\"id\":1}]", ids, ":2: the row has the key of line 1; many: true makes a list of them"},
		{"a.json", "{\"1\":{}}", ids, ":1: the file is an object, which has each row under its key; write a list of rows, or leave out key"},
		{"a.json", "7", ids, ":1: the file is neither a list of objects nor an object"},
		{"a.json", "", ids, ":1: the file ends before its JSON does"},
		{"a.json", "[{\"id\":1}]\n{}", ids, ":2: there is more behind the end of the JSON; for one object a line write format: ndjson"},
		{"a.json", "[{\"id\":1}\n", ids, ":2: the file ends before its JSON does"},
		{"a.json", "{\"a\":{},\n\"a\":{}}", filelookup.Config{}, ":2: the file has a name twice in one object, the second at byte 9"},
		{"a.json", "{\"a\":{},\n\"b\":7}", filelookup.Config{}, ":2: the row is not a JSON object"},
		{"a.json", "{\"a\":{},\n\"b\":{}}", filelookup.Config{Types: map[string]string{"_key": "bigint"}}, ":1: the name of the row is not of type bigint"},
	} {
		tc.cfg.Path = file(t, tc.name, tc.content)
		_, err := open(t, tc.cfg).Lookup(t.Context(), filelookup.Query{Name: "zone"})
		if got := strings.TrimPrefix(strings.TrimPrefix(fmt.Sprint(err), "stage zone: "), tc.cfg.Path); got != tc.want || stages.ClassOf(err) != stages.Fatal {
			t.Errorf("%s %q:\n got %s\nwant %s", tc.name, tc.content, got, tc.want)
		}
		if strings.Contains(fmt.Sprint(err), "secret") {
			t.Errorf("the error shows a value: %v", err)
		}
	}
}

func TestFilesAreBounded(t *testing.T) {
	t.Parallel()
	rows := "id,text\n1," + strings.Repeat("x", 100_000) + "\n"
	for name, content := range map[string]string{
		"plain": rows, "gzip": gzipped(t, rows), "zstd": zstandard(t, rows), "a quote without an end": "id,text\n1,\"" + strings.Repeat("\n", 100_000),
		"many rows": "id\n" + strings.Repeat("1\n", 2000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := filelookup.Config{Path: file(t, "a.csv", content), Key: []string{"id"}, MaxBytes: 90_000}
			_, err := open(t, cfg).Lookup(t.Context(), filelookup.Query{Many: true})
			if want := cfg.Path + ": the file or its rows take more than 88 KiB; raise max_bytes"; fmt.Sprint(err) != want {
				t.Errorf("got %v, want %s", err, want)
			}
		})
	}
}

func TestDamagedCompression(t *testing.T) {
	t.Parallel()
	for format, content := range map[string]string{"csv": "id\n1\n2\n", "ndjson": "{\"id\":1}\n", "json": "[]"} {
		for _, packed := range []string{gzipped(t, content), zstandard(t, content)} {
			cfg := filelookup.Config{Path: file(t, "a", packed[:len(packed)-3]), Format: format, Key: []string{"id"}}
			_, err := open(t, cfg).Lookup(t.Context(), filelookup.Query{Many: true})
			if err == nil || !strings.Contains(err.Error(), "gzip: ") && !strings.Contains(err.Error(), "zstd: ") {
				t.Errorf("%s: %v", format, err)
			}
		}
	}
}

// Whatever text a CSV file holds, its rows have it.
func TestTextOfCSVStaysAsItIs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		names := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-zäß" ,;]{1,6}`), 1, 4, rapid.ID).Draw(rt, "names")
		texts := rapid.SliceOfN(rapid.SliceOfN(rapid.String(), len(names), len(names)), 0, 5).Draw(rt, "texts")
		var b bytes.Buffer
		out := csv.NewWriter(&b)
		lines := [][]string{append([]string{"key of it"}, names...)}
		for i, line := range texts {
			lines = append(lines, append([]string{fmt.Sprint(i)}, line...))
		}
		if err := out.WriteAll(lines); err != nil {
			rt.Fatal(err)
		}
		types := map[string]string{}
		for _, name := range names {
			types[name] = "text"
		}
		l := prepare(t, open(t, filelookup.Config{Path: file(t, "a.csv", b.String()), Key: []string{"key of it"}, Types: types}), false)
		for i, line := range texts {
			var row map[string]string
			if err := json.Unmarshal([]byte(find(t, l, lookup.Key(fmt.Sprintf(`"%d"`, i)))), &row); err != nil {
				rt.Fatal(err)
			}
			for j, name := range names {
				if want := strings.ReplaceAll(line[j], "\r\n", "\n"); row[name] != want {
					rt.Errorf("row %d, column %q: %q, want %q", i, name, row[name], want)
				}
			}
		}
	})
}

func FuzzRows(f *testing.F) {
	for i, format := range []string{filelookup.CSV, filelookup.NDJSON, filelookup.JSON} {
		for _, content := range []string{"", "id,n\n1,2\n", `{"id":1}`, `[{"id":1,"n":"\ud83d\ude00"}]`, `{"1":{}}`, gzipped(f, "id\n1\n"), zstandard(f, "[]"), "\ufeffid\n"} {
			f.Add(i, []byte(content))
			f.Add(i, []byte(content+format))
		}
	}
	f.Fuzz(func(t *testing.T, format int, content []byte) {
		formats := []string{filelookup.CSV, filelookup.NDJSON, filelookup.JSON}
		cfg := filelookup.Config{Path: "a", Format: formats[uint(format)%3], Key: []string{"id"}, MaxBytes: 1 << 20}
		rows, err := filelookup.Rows(t.Context(), open(t, cfg), content)
		if (rows == nil) != (err != nil) {
			t.Fatalf("%v rows and %v", rows, err)
		}
		if rows != nil && rows.Size() > 1<<20 {
			t.Errorf("%d bytes of rows", rows.Size())
		}
	})
}
