package pipeline_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/strictyaml"
)

func TestWrongLayouts(t *testing.T) {
	for _, c := range []struct{ name, stages, want string }{
		{
			"a path that is no path", stage("a", `event.x[0]`, ""),
			`pipeline.yaml:10:11: stages.a.by: "event.x[0]": write [] for each element of a list; a single one cannot be named`,
		},
		{
			"no field", stage("a", `event`, ""),
			`pipeline.yaml:10:11: stages.a.by: "event" names no field; write event.ID with the field that holds the key`,
		},
		{
			"a list without []", purchasesStage + stage("a", `purchases.product_id`, ""),
			`stages.a.by: the result of purchases is a list of rows: write purchases[].product_id`,
		},
		{
			"a row with []", userStage + stage("a", `user[].id`, ""),
			`stages.a.by: the result of user is one row: write user.id`,
		},
		{
			"one [] for a list of lists", purchasesStage + reviewsStage + stage("a", `reviews[].author`, ""),
			`stages.a.by: the result of reviews is a list of lists, one for each element of purchases[]: write reviews[][].author`,
		},
		{
			"a path through another's place", purchasesStage + reviewsStage + stage("a", `purchases[].reviews[].author`, ""),
			`stages.a.by: purchases[].reviews[].author is where the result of stage reviews goes: write reviews[][].author`,
		},
		{
			"a row as a key", userStage + purchasesStage + stage("a", `purchases[]`, ""),
			`stages.a.by: a row is not a key: name one of its fields, as in purchases[].id`,
		},
		{
			"parts of two places", userStage + `
  a: {source: shop, by: [event.tenant, user.id], query: "SELECT tenant, id FROM tenants WHERE (tenant, id) IN ($keys)", key: [tenant, id]}`,
			`stages.a.by[1]: the parts of a key come from one object; this one comes from user and the first from event`,
		},
		{
			"parts of two lists", `
  a: {source: shop, by: ["event.a[].x", "event.b[].y"], query: "SELECT tenant, id FROM tenants WHERE (tenant, id) IN ($keys)", key: [tenant, id]}`,
			`stages.a.by[1]: the parts of a key come from the same list: begin with event.a[]`,
		},
		{
			"into the event's list with one result", stage("a", "event.x", "event.items[].a"),
			`stages.a.into: event.items[] is a list and there is one result; take the key from the list's elements, or write a path without []`,
		},
		{
			"a list's results elsewhere in the event", stage("a", "event.items[].id", "event.a"),
			`stages.a.into: the results are one for each element of event.items[], so this begins with it: write event.items[].a`,
		},
		{
			"into the event's list itself", stage("a", "event.items[].id", "event.items[]"),
			`stages.a.into: event.items[] names no field; write event.items[].a`,
		},
		{
			"a result in the event in another", stage("a", "event.x", "event.a") + stage("b", "event.x", "event.a.b"),
			`stages.b.into: the result of stage a is at event.a, and no result of the event's goes into another; write a path such as a.b`,
		},
		{
			"a key in another's place in the event", stage("a", "event.x", "event.a") + stage("b", "event.a.id", ""),
			`stages.b.by: event.a is where the result of stage a goes: write a.id`,
		},
		{
			"no field of the record", stage("a", "record", ""),
			`stages.a.by: record names no field; write record.key, record.headers.NAME, record.topic, record.partition, record.offset or record.timestamp`,
		},
		{
			"a field that records do not have", stage("a", "record.value", ""),
			`stages.a.by: a record has no value; it has key, headers, topic, partition, offset and timestamp`,
		},
		{
			"a member of a text key", stage("a", "record.key.id", ""),
			`stages.a.by: the record's key is text, and has no members; set input.key_format to json if it is a JSON object`,
		},
		{
			"all headers", stage("a", "record.headers", ""),
			`stages.a.by: write record.headers.NAME, with the name of one header; a name with a dot is quoted, as in record.headers."trace.id"`,
		},
		{
			"an expression that is wrong", stage("a", "lower(evnt.x)", ""),
			`pipeline.yaml:10:18: stages.a.by: unknown name evnt; a field begins with event or record`,
		},
		{
			"an expression over two documents", userStage + stage("a", "user.name + event.x", ""),
			`stages.a.by: the parts of a key come from one object; this one comes from user and the first from event`,
		},
		{
			"an expression that is a list", stage("a", `keys(event.x)`, ""),
			`stages.a.by: the expression has type list, and a key is a single value`,
		},
		{
			"an expression without a field", stage("a", `lower('X')`, ""),
			`stages.a.by: the key is the same for every event; write an expression with a field in it, such as lower(event.email)`,
		},
		{
			"an expression over many rows", purchasesStage + stage("a", "string(purchases.id)", ""),
			`stages.a.by: the result of purchases is a list of rows: write any(purchases, .id == ...) or len(purchases) > 0`,
		},
		{
			"into nothing", userStage + stage("a", "event.x", "usr.a"),
			`stages.a.into: there is no stage "usr"; did you mean user.a?`,
		},
		{
			"into a list's rows with one result", purchasesStage + stage("a", "event.x", "purchases[].a"),
			`stages.a.into: purchases[] is a list and there is one result; take the key from the list's elements, or write a path without []`,
		},
		{
			"a list's results elsewhere", userStage + purchasesStage + stage("a", "purchases[].id", "user.a"),
			`stages.a.into: the results are one for each element of purchases[], so this begins with it: write purchases[].a`,
		},
		{
			"a list of the event's into a stage", userStage + stage("a", "event.items[].id", "user.a"),
			`stages.a.into: the results are one for each element of event.items[], so this begins with it: write event.items[].a`,
		},
		{
			"one place for two", stage("a", "event.x", "b") + stage("b", "event.x", ""),
			`stages.b.into: the result of stage a is at b already`,
		},
		{
			"the event's place", stage("a", "event.x", "event"),
			`stages.a.into: event is the event itself; write one name, such as a, or the path of a new field in it, such as event.a`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := layout("nest", "shop.db", c.stages)
			if err == nil || !strings.HasSuffix(err.Error(), c.want) {
				t.Errorf("%v\nwant %s", err, c.want)
			}
			if _, ok := errors.AsType[*strictyaml.Error](err); !ok {
				t.Errorf("%T has no place in the file", err)
			}
		})
	}
}

func stage(name, by, into string) string {
	s := "\n  " + name + `: {by: "` + by + `", source: shop, query: "SELECT id, name FROM users WHERE id IN ($keys)", key: id`
	if into != "" {
		s += `, into: "` + into + `"`
	}
	return s + "}"
}

func TestWrongStatementsAreFoundAtStart(t *testing.T) {
	for _, c := range []struct{ name, stages, want string }{
		{"no such table", strings.ReplaceAll(userStage, "FROM users", "FROM customers"), "no such table: customers"},
		{"no such column", strings.ReplaceAll(userStage, "name", "nickname"), "no such column: nickname"},
		{"two parts for one column", strings.ReplaceAll(userStage, "by: event.user_id", "by: [event.user_id, event.x]"), "key"},
		{"a column at a result's place", userStage + stage("a", "event.x", "user.name"), "the rows of user have a column name already"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, err := layout("nest", shopFile(t), c.stages)
			if err == nil {
				_, err = pipeline.Open(t.Context(), l, pipeline.Options{})
			}
			if _, ok := errors.AsType[*strictyaml.Error](err); !ok || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestASourceThatIsNotThere(t *testing.T) {
	l, err := layout("nest", t.TempDir()+"/none/shop.db", userStage)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err = pipeline.Open(ctx, l, pipeline.Options{})
	if unreachable, ok := errors.AsType[*pipeline.UnreachableError](err); !ok || unreachable.Source != "shop" {
		t.Errorf("%v", err)
	}
}
