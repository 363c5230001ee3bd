package strictyaml_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/internal/strictyaml"
)

func compare() cmp.Option {
	return cmp.Options{
		cmp.Comparer(func(a, b strictyaml.Secret) bool { return a.Reveal() == b.Reveal() }),
		cmp.AllowUnexported(since{}, limits{}),
	}
}

func TestDecodeSetsDefaults(t *testing.T) {
	t.Parallel()
	got, _, err := decode(t, least, world())
	if err != nil {
		t.Fatal(err)
	}
	want := &shop{
		Name: "corner", Level: "low", Since: since{word: "ever"},
		Limits:  limits{common: common{Wait: time.Minute, Strict: true}, Workers: 4, Share: 50, Memory: 8 << 20},
		Shelves: []shelf{{Name: "top", Of: "books", Rows: 2}},
	}
	if diff := cmp.Diff(want, got, compare()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDecodeReadsEachType(t *testing.T) {
	t.Parallel()
	opts := world()
	opts.Dir = "conf"
	got, _, err := decode(t, `
name: corner
text: 'a: b'
level: high
since: 2026-01-02T03:04:05Z
folder: ../data
tags: [a, "1"]
owners: ada
hosts: "a:1, b:2"
codes: [404, 410]
token: x-${SECRET}
headers: {Authorization: "Bearer ${SECRET}", X-Plain: plain}
classes: {"1": low, b: high}
limits: {workers: 7, share: 80%, memory: 1KiB, wait: 1h, strict: false}
backup: {path: /var/backup}
tls: {ca: ca.pem}
shelves:
  top: {of: books, rows: 3}
  low_one: {of: maps}
prices:
  - {amount: 1}
  - {amount: -2, unit: cent}
`, opts)
	if err != nil {
		t.Fatal(err)
	}
	want := &shop{
		Name: "corner", Text: "a: b", Level: "high", Since: since{at: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)},
		Folder: "data", Tags: []string{"a", "1"}, Owners: []string{"ada"}, Hosts: []string{"a:1", "b:2"}, Codes: []int{404, 410},
		Token:   strictyaml.NewSecret("x-" + canary),
		Headers: map[string]strictyaml.Secret{"Authorization": strictyaml.NewSecret("Bearer " + canary), "X-Plain": strictyaml.NewSecret("plain")},
		Classes: map[string]level{"1": "low", "b": "high"},
		Limits:  limits{common: common{Wait: time.Hour}, Workers: 7, Share: 80, Memory: 1 << 10},
		Backup:  &backup{Path: "/var/backup", Every: time.Hour},
		TLS:     tls{Enabled: true, CA: filepath.Join("conf", "ca.pem")},
		Shelves: []shelf{{Name: "top", Of: "books", Rows: 3}, {Name: "low_one", Of: "maps", Rows: 2}},
		Prices:  []price{{Amount: 1}, {Amount: -2, Unit: "cent"}},
	}
	if diff := cmp.Diff(want, got, compare()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A file may be empty if it needs no key.
func TestDecodeAnEmptyFile(t *testing.T) {
	t.Parallel()
	schema := &strictyaml.Schema{Kind: "note", Keys: []strictyaml.Key{{Path: "text", Type: strictyaml.TypeString, Default: "none"}}}
	var note struct {
		Text string `key:"text"`
	}
	document, err := schema.Decode("note.yaml", []byte("# Nothing.\n"), &note, strictyaml.Options{})
	if err != nil || document.Err() != nil || note.Text != "none" {
		t.Errorf("got %+v, %v", note, err)
	}
	if _, err := schema.Decode("note.yaml", []byte("[a]"), &note, strictyaml.Options{}); err == nil || err.Error() != "note.yaml:1:1: the document is a list; a note file is a mapping that starts with keys such as text:" {
		t.Errorf("got %v", err)
	}
	if _, _, err := decode(t, "", world()); err == nil || err.Error() != "shop.yaml:1:1: the file is empty; a shop needs at least name and shelves" {
		t.Errorf("got %v", err)
	}
}

// wrongHost is a document with a key that has failed.
func wrongHost(t *testing.T) *strictyaml.Document {
	t.Helper()
	_, document, err := decode(t, least+"text: \"of ${SECRET}\"\nhosts: [a:1, b]\nlimits: {workers: 5}\ntoken: secret\nlevel: 'high'\n", world())
	if err == nil || !strings.HasPrefix(err.Error(), `shop.yaml:4:14: hosts[1]: "b" cannot be used; a host is host:port`) {
		t.Fatalf("got %v", err)
	}
	return document
}

// The checks of a caller find keys.
func TestKeysOfADocument(t *testing.T) {
	t.Parallel()
	document := wrongHost(t)
	for key, want := range map[string][2]bool{
		"name": {true, true}, "shelves.top.of": {true, true}, "hosts": {true, false}, "hosts[0]": {true, true}, "hosts[1]": {true, false},
		"limits": {true, false}, "limits.share": {false, false}, "backup": {false, false},
	} {
		if got := [2]bool{document.Has(key), document.Valid(key)}; got != want {
			t.Errorf("%s: there and valid %t, want %t", key, got, want)
		}
	}
	valid := 0
	for key := range document.ValidKeys() {
		if !document.Valid(key) {
			t.Errorf("%s is not valid", key)
		}
		valid++
	}
	if valid != 7 {
		t.Errorf("%d valid keys", valid)
	}
}

// They find the scalars as they are and as they were written.
func TestScalarsOfADocument(t *testing.T) {
	t.Parallel()
	document := wrongHost(t)
	text := document.Scalar("text")
	if text.Text() != "of "+canary || !text.Interpolated() || text.Written() != "of ${SECRET}" || text.String() != "the value of of ${SECRET}" {
		t.Errorf("got %q, %q, %q", text.Text(), text.Written(), text)
	}
	if name := document.Scalar("name"); name.Text() != "corner" || name.Interpolated() || name.String() != `"corner"` {
		t.Errorf("got %q, %q", name.Text(), name)
	}
	if token := document.Scalar("token"); token.Text() != "" || strings.Contains(token.Written(), "secret") {
		t.Errorf("the scalar of a secret is %q, %s", token.Text(), token)
	}
}

// Their problems join the problems of Decode in the order of the file.
func TestProblemsOfADocument(t *testing.T) {
	t.Parallel()
	document := wrongHost(t)
	if !document.FailedBelow("hosts[1]") == document.FailedBelow("limits") {
		t.Error("FailedBelow")
	}
	document.Fail("limits.workers", "too %s", "many")
	document.Fail("backup.path", "missing")
	document.Fail("name", "first")
	if !document.FailedBelow("limits") {
		t.Error("no key below limits has failed")
	}
	var got []string
	for _, e := range document.Err().(interface{ Unwrap() []error }).Unwrap() {
		got = append(got, e.Error())
	}
	want := []string{
		"shop.yaml: backup.path: missing", "shop.yaml:1:7: name: first",
		`shop.yaml:4:14: hosts[1]: "b" cannot be used; a host is host:port`, "shop.yaml:5:19: limits.workers: too many",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// They find the positions of keys, and positions within scalars.
func TestPositionsOfADocument(t *testing.T) {
	t.Parallel()
	document := wrongHost(t)
	for key, want := range map[string]string{
		"limits.wait": "shop.yaml:5:1: limits.wait: x", "hosts[7]": "shop.yaml:4:8: hosts[7]: x", "backup.every": "shop.yaml: backup.every: x",
	} {
		if got := document.Errorf(key, "x").Error(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	for key, want := range map[string]string{
		"name": "shop.yaml:1:9: name: x", "level": "shop.yaml:7:11: level: x", "text": "shop.yaml:3:7: text: line 1, column 3: x",
	} {
		if got := document.ErrorfIn(key, 1, 3, "x").Error(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// Mistakes in a table of keys are found by its first use.
func TestWrongSchemasPanic(t *testing.T) {
	t.Parallel()
	for _, key := range []strictyaml.Key{{Path: "other", Type: strictyaml.TypeString}, {Path: "n", Type: strictyaml.TypeInteger, Default: "many"}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", key.Path)
				}
			}()
			var into struct {
				N int `key:"n"`
			}
			_, _ = (&strictyaml.Schema{Kind: "note", Keys: []strictyaml.Key{key}}).Decode("a", []byte("n: 1"), &into, strictyaml.Options{})
		}()
	}
}

func TestJoin(t *testing.T) {
	t.Parallel()
	other := errors.New("other")
	second, first := &strictyaml.Error{File: "a", Line: 2, Message: "second"}, &strictyaml.Error{File: "a", Line: 1, Column: 9, Message: "first"}
	err := strictyaml.Join([]error{other, second, first, &strictyaml.Error{File: "a", Line: 2, Message: "second"}})
	if err == nil || err.Error() != "a:1:9: first\na:2:0: second\nother" || !errors.Is(err, other) {
		t.Errorf("got %v", err)
	}
	if err := strictyaml.Join(nil); err != nil {
		t.Errorf("got %v", err)
	}
}
