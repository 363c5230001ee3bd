package expression_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/internal/expression"
	"github.com/loaderline/loaderline/internal/jsondoc"
)

// look evaluates a condition for documents by their roots.
func look(t *testing.T, text string, documents map[string]string) (bool, error) {
	t.Helper()
	c, err := expression.ParseCondition(text, expression.Names{Roots: []string{"event", "user"}})
	if err != nil {
		t.Fatal(err)
	}
	values := make([]any, len(c.Paths()))
	for i, p := range c.Paths() {
		doc := documents[p.Root]
		if doc == "" {
			continue
		}
		var found jsondoc.Result
		if err := jsondoc.NewScanner([]jsondoc.Path{p}, nil).Scan([]byte(doc), &found); err != nil {
			t.Fatal(err)
		}
		if v := found.Values[0][0]; v.Kind == jsondoc.Found {
			if values[i], err = expression.Value(v.In([]byte(doc))); err != nil {
				return false, err
			}
		}
	}
	return c.Holds(t.Context(), values)
}

func TestConditions(t *testing.T) {
	const event = `{"type":"order","amount":150,"price":1.5,"vip":true,"id":9007199254740993,"user id":7,"none":null,
		"address":{"country":"CH","lines":["a","b"]},"items":[{"price":5,"tags":["x"]},{"price":50},{}],"text":"\u0041bc"}`
	const user = `{"tier":"gold","born":"1815-12-10"}`
	for _, c := range []struct {
		text string
		want bool
	}{
		{`event.type == "order"`, true},
		{`event.type != "order"`, false},
		{`event.vip`, true},
		{`!event.vip`, false},
		{`event.amount > 100 && event.amount <= 150`, true},
		{`event.amount + 1 == 151 and event.amount * 2 > 299.5`, true},
		{`event.address.country in ["CH", "DE"]`, true},
		{`event["user id"] == 7`, true},
		{`event?.address?.country == "CH"`, true},
		{`event.address.lines[1] == "b"`, true},
		{`event.text startsWith "A"`, true},
		{`event.text matches "^[A-Z]bc$"`, true},
		{`lower(event.address.country) == "ch"`, true},
		{`len(event.items) == 3`, true},
		{`any(event.items, .price > 10)`, true},
		{`all(event.items, .price > 10)`, false},
		{`any(event.items, {"x" in .tags})`, true},
		{`count(event.items, .price > 1) == 2`, true},
		{`filter(event.items, .price > 10)[0].price == 50`, true},
		{`event.type == "order" ? user.tier == "gold" : false`, true},
		{`let c = event.address.country; c == "CH" || c == "LI"`, true},
		{`user.tier == "gold" && event.type == "order"`, true},
		{`"type" in event`, true},

		// What is absent or null.
		{`event.nothing == "x"`, false},
		{`event.nothing != "x"`, true},
		{`event.nothing == null`, true},
		{`event.none == nil`, true},
		{`event.vip != null`, true},
		{`event.nothing`, false},
		{`!event.nothing`, true},
		{`not (event.nothing > 1)`, true},
		{`event.nothing > 1 || event.vip`, true},
		{`event.nothing && event.vip`, false},
		{`event.none < 1 or 1 <= event.none`, false},
		{`event.nothing + 1 > 0`, false},
		{`event.amount * event.nothing == null`, true},
		{`-event.nothing > 0`, false},
		{`event.nothing contains "x" or "x" contains event.nothing`, false},
		{`event.nothing matches ".*"`, false},
		{`lower(event.nothing) == "x"`, false},
		{`len(event.nothing) > 0`, false},
		{`any(event.nothing, .price > 1)`, false},
		{`event.nothing in ["x"] or "x" in event.nothing`, false},
		{`event.nothing.at.all == "x"`, false},
		{`event.items[7].price > 1`, false},
		{`event.nothing[0] == 1`, false},
		{`event.nothing ? true : false`, false},
		{`user.nothing.x == null`, true},
		{`(event.nothing ?? 5) == 5`, true},
		{`any(event.items, .nothing)`, false},
		{`lower(event.nothing) != "x" && trim(lower(event.text)) == "abc"`, true},

		// Numbers are exact.
		{`event.id == 9007199254740993`, true},
		{`event.id == 9007199254740992`, false},
		{`event.id > 9007199254740992`, true},
		{`event.id > 1.5 && event.price < event.id`, true},
		{`event.amount == 150.0`, true},
		{`event.price == 1.5`, true},
		// Different types are not equal.
		{`event.amount == "150"`, false},
		{`event.vip == "true"`, false},
	} {
		got, err := look(t, c.text, map[string]string{"event": event, "user": user})
		if err != nil || got != c.want {
			t.Errorf("%s: %v, %v", c.text, got, err)
		}
	}
}

func TestConditionsThatCannotBeEvaluated(t *testing.T) {
	for _, c := range []struct{ text, event, want string }{
		{`event.x > 1`, `{"x":"2"}`, "invalid operation: string > number"},
		{`event.x && true`, `{"x":"yes"}`, "string stands where boolean is wanted"},
		{`event.x`, `{"x":"yes"}`, "string stands where boolean is wanted"},
		{`event.x`, `{"x":[]}`, "list stands where boolean is wanted"},
		{`len(event.x) > 1`, `{"x":1}`, "invalid argument for len (type number)"},
		{`event.x == 1`, `{"x":18446744073709551616}`, "a number has more than 64 bits, and cannot be compared exactly"},
		{`any(event.x, .y)`, `{"x":[{"y":1}]}`, "number stands where boolean is wanted"},
		{`event.x[0] == 1`, `{"x":[1e300]}`, "a number with a fraction or an exponent is too large to be compared exactly"},
	} {
		got, err := look(t, c.text, map[string]string{"event": c.event})
		if err == nil || got || err.Error() != c.want {
			t.Errorf("%s: %v, %v", c.text, got, err)
		}
	}
}

func TestWrongConditions(t *testing.T) {
	for _, c := range []struct {
		text         string
		line, column int
		want         string
	}{
		{`event.x ==`, 1, 10, "the expression ends too early; its last value or a closing bracket is missing"},
		{`lower(event.x`, 1, 13, "the expression ends too early; its last value or a closing bracket is missing"},
		{`event.x = 1`, 1, 9, "= does not compare; use == to compare"},
		{`event.x == 1 && user.tier = "gold"`, 1, 27, "= does not compare; use == to compare"},
		{`any(event.x, .y = 1)`, 1, 17, "= does not compare; use == to compare"},
		{`evnt.x == 1`, 1, 1, "unknown name evnt; a field begins with event or user"},
		{"event.x == 1 &&\n  shout(event.x)", 2, 3, "unknown name shout; a field begins with event or user"},
		{`$env.event`, 1, 1, "unknown name $env; a field begins with event or user"},
		{`now() > event.x`, 1, 1, "unknown name now; a field begins with event or user"},
		{`"x"`, 1, 1, "the condition is not a boolean but has type string; compare it with something"},
		{`len(event.x)`, 1, 1, "the condition is not a boolean but has type int; compare it with something"},
		{`1 < "x"`, 1, 3, "invalid operation: < (mismatched types int and string)"},
		{`event.x == 9007199254740993.0`, 1, 12, "the number is too large for an exact fraction; write a whole number, without a point"},
		{`event.x == 99999999999999999999`, 1, 31, "invalid integer literal: strconv.ParseInt: parsing \"99999999999999999999\": value out of range"},
		{`event.x matches "("`, 1, 9, "error parsing regexp: missing closing ): `(`"},
	} {
		_, err := expression.ParseCondition(c.text, expression.Names{Roots: []string{"event", "user"}})
		wrong, ok := errors.AsType[*expression.Error](err)
		if !ok {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if diff := cmp.Diff(expression.Error{Line: c.line, Column: c.column, Reason: c.want}, *wrong); diff != "" {
			t.Errorf("%s: %s", c.text, diff)
		}
	}
}

func TestPaths(t *testing.T) {
	c, err := expression.ParseCondition(`event.a.b == 1 && user.c && any(event.list, .x == event["a b"]) && event.a.b > 0`, expression.Names{Roots: []string{"event", "user"}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range c.Paths() {
		got = append(got, p.String())
	}
	if diff := cmp.Diff([]string{`event."a b"`, "event.a.b", "event.list", "user.c"}, got); diff != "" {
		t.Error(diff)
	}
}
