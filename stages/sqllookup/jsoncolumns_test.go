package sqllookup_test

import (
	"strings"
	"testing"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/sqllookup"
)

// What loaderline would refuse to read fails its key, and no other.
func TestJSONThatTwoReadersCouldReadDifferently(t *testing.T) {
	t.Parallel()
	everyDatabase(t, func(t *testing.T, d database) {
		t.Helper()
		d.exec(t, "CREATE TABLE docs (id int, doc json)")
		for i, c := range []struct{ doc, want, says string }{
			{doc: `{"a": [1, {"a": "\u00e9"}]}`, want: `{"doc":{"a":[1,{"a":"\u00e9"}]}}`},
			{doc: `{"canary":1,"canary":2}`, says: `column "doc": its JSON has a name twice in one object, the second at byte 12`},
			{doc: `[{"x":{"canary":1,"b":0, "canary":2}}]`, says: `column "doc": its JSON has a name twice in one object, the second at byte 25`},
			{doc: `{"a":1,"\u0061":2}`, says: `column "doc": its JSON has a name twice in one object, the second at byte 7`},
			{doc: `{"s":"\ud800"}`, says: `column "doc": its JSON has an invalid surrogate pair, at byte `},
			{doc: `{"s":"\udc00\ud800"}`, says: `column "doc": its JSON has an invalid surrogate pair, at byte `},
			{doc: `{"s":"\ud83d\ude00"}`, want: `{"doc":{"s":"\ud83d\ude00"}}`},
		} {
			d.exec(t, "DELETE FROM docs")
			d.exec(t, d.unchecked("INSERT INTO docs VALUES (1, '"+d.quoted(c.doc)+"'), (2, '[ ]')"))
			l := d.lookup(t, sqllookup.Query{SQL: "SELECT id AS _key, doc FROM docs WHERE id IN ($keys)"})
			b := load(t, l, "1", "2")
			r := b.Result(0)
			switch {
			case c.says == "" && string(r.Value) != c.want:
				t.Errorf("%d: %s (%v), want %s", i, r.Value, r.Err, c.want)
			case c.says != "" && (r.Err == nil || !strings.HasPrefix(r.Err.Error(), c.says) || stages.ClassOf(r.Err) != stages.Permanent):
				t.Errorf("%d: %s (%v), want %s", i, r.Value, r.Err, c.says)
			}
			if got := string(b.Result(1).Value); got != `{"doc":[]}` {
				t.Errorf("%d: the other row is %s (%v)", i, got, b.Result(1).Err)
			}
		}
	})
}

// unchecked is a statement that no constraint holds up.
func (d database) unchecked(statement string) string {
	if d.driver == sqllookup.MySQL {
		return "SET STATEMENT check_constraint_checks = 0 FOR " + statement
	}
	return statement
}

// quoted is text within a literal's quotes.
func (d database) quoted(text string) string {
	if d.driver == sqllookup.MySQL {
		return strings.ReplaceAll(text, `\`, `\\`)
	}
	return text
}
