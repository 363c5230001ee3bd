package mongolookup_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/mongolookup"
)

// TestRoundTrip writes a document with a value of each type to a real server, and reads it.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	client, db := shared(t)
	plain, typed := `{"_id":"all"`, `{"_id":"all"`
	d := bson.D{{Key: "_id", Value: "all"}}
	for i, f := range forms(t) {
		name := string(rune('a' + i))
		d = append(d, bson.E{Key: name, Value: f.value})
		if f.extended == "" {
			f.extended = f.plain
		}
		plain += `,"` + name + `":` + f.plain
		typed += `,"` + name + `":` + f.extended
	}
	insert(t, db, "values", d)
	q := mongolookup.Query{Collection: "values", Find: `{"_id": {"$in": "$keys"}}`}
	expect(t, prepare(t, client, q), map[lookup.Key]string{`"all"`: plain + "}", `"none"`: "missing"})
	q.Extended = true
	expect(t, prepare(t, client, q), map[lookup.Key]string{`"all"`: typed + "}"})
}

// TestKeysOfAnyType has one field with values of several types, which any tells apart.
func TestKeysOfAnyType(t *testing.T) {
	t.Parallel()
	client, db := shared(t)
	insert(t, db, "rows",
		bson.D{{Key: "k", Value: "5"}, {Key: "v", Value: "text"}}, bson.D{{Key: "k", Value: int32(5)}, {Key: "v", Value: "int"}},
		bson.D{{Key: "k", Value: 7.0}, {Key: "v", Value: "double"}}, bson.D{{Key: "k", Value: int64(1) << 60}, {Key: "v", Value: "long"}},
		bson.D{{Key: "k", Value: true}, {Key: "v", Value: "yes"}},
	)
	q := mongolookup.Query{Collection: "rows", Find: `{"k": {"$in": "$keys"}}`, Project: `{"v": 1, "_id": 0}`}
	expect(t, prepare(t, client, q), map[lookup.Key]string{
		`"5"`: `{"v":"text"}`, `5`: `{"v":"int"}`, `7`: `{"v":"double"}`, `1152921504606846976`: `{"v":"long"}`, `true`: `{"v":"yes"}`, `"true"`: "missing", `false`: "missing",
	})
}

func TestNumbersAreComparedByValue(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		stored any
		key    lookup.Key
		typ    string
	}{
		{decimal(t, "12.50"), `"12.5"`, "numeric"},
		{decimal(t, "12.50"), `12.5`, "any"},
		{decimal(t, "7E+2"), `700`, "bigint"},
		{12.5, `"12.5"`, "numeric"},
		{0.1, `"0.1"`, "numeric"},
		{1e19, `10000000000000000000`, "numeric"},
		{float64(1 << 62), `4611686018427387904`, "bigint"},
		{int64(-3), `-3`, "smallint"},
		{0.0, `0`, "integer"},
	} {
		s := finding(t, bson.D{{Key: "k", Value: tc.stored}, {Key: "v", Value: 1}})
		l := prepare(t, open(t, mongolookup.Config{URI: s.uri, Database: "app"}), mongolookup.Query{
			Collection: "rows", Find: `{"k": {"$in": "$keys"}}`, Project: `{"v": 1}`, KeyType: []string{tc.typ},
		})
		expect(t, l, map[lookup.Key]string{tc.key: `{"v":1}`})
	}
}

// TestDocumentsOfOtherKeys are of a filter with more in it than the keys.
func TestDocumentsOfOtherKeys(t *testing.T) {
	t.Parallel()
	for _, stored := range []any{"other", int32(5), bson.D{{Key: "x", Value: 1}}, decimal(t, "NaN"), bson.NewObjectID()} {
		s := finding(t, bson.D{{Key: "name", Value: stored}}, bson.D{{Key: "name", Value: "ada"}, {Key: "n", Value: 1}})
		b := load(t, prepare(t, open(t, mongolookup.Config{URI: s.uri, Database: "app"}), byName("rows")), `"ada"`, `"5"`)
		if b.Extra() != 1 || string(b.Result(0).Value) != `{"name":"ada","n":1}` || b.Result(1).State != stages.Missing {
			t.Errorf("with a document of %v: %d extra, %s and %v", stored, b.Extra(), b.Result(0).Value, b.Result(1).State)
		}
	}
}

func TestDocumentsWithoutKeys(t *testing.T) {
	t.Parallel()
	ada := bson.D{{Key: "name", Value: "ada"}, {Key: "id", Value: 1}}
	for _, tc := range []struct {
		q     mongolookup.Query
		other bson.D
		want  string
	}{
		{byName("rows"), bson.D{{Key: "n", Value: 1}}, "a document of rows has no value at name"},
		{byName("rows"), bson.D{{Key: "name", Value: nil}}, "a document of rows has no value at name"},
		{mongolookup.Query{Collection: "rows", Find: `{"$or": "$keys"}`, Key: []string{"name", "id"}}, bson.D{{Key: "name", Value: "bob"}, {Key: "id", Value: bson.A{1, 2}}}, "several values at id"},
	} {
		keys := []lookup.Key{`"ada"`, `"bob"`}
		if len(tc.q.Key) > 1 {
			tc.q.KeyType = []string{"text", "bigint"}
			keys = []lookup.Key{`["ada",1]`, `["bob",1]`}
		}
		s := finding(t, tc.other, ada)
		l := prepare(t, open(t, mongolookup.Config{URI: s.uri, Database: "app"}), tc.q)
		b := stages.NewBatch[lookup.Key, []byte](keys)
		err := l.Load(t.Context(), b)
		if stages.ClassOf(err) != stages.Unusable || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%v, want an unusable answer: %s", err, tc.want)
		}
		if b.Result(0).State != stages.Loaded || b.Result(1).State == stages.Loaded {
			t.Errorf("the keys are %v and %v, want only the first loaded", b.Result(0).State, b.Result(1).State)
		}
	}
}

func TestManyDocuments(t *testing.T) {
	t.Parallel()
	client, db := shared(t)
	insert(t, db, "bought",
		bson.D{{Key: "_id", Value: 1}, {Key: "user", Value: "ada"}, {Key: "at", Value: 2}},
		bson.D{{Key: "_id", Value: 2}, {Key: "user", Value: "ada"}, {Key: "at", Value: 3}},
		bson.D{{Key: "_id", Value: 3}, {Key: "user", Value: "bob"}, {Key: "at", Value: 1}},
		bson.D{{Key: "_id", Value: 4}, {Key: "user", Value: "ada"}, {Key: "at", Value: 1}, {Key: "void", Value: true}},
	)
	q := mongolookup.Query{Collection: "bought", Find: `{"user": {"$in": "$keys"}, "void": {"$ne": true}}`, Project: `{"at": 1}`, Sort: `{"at": -1}`, Many: true}
	expect(t, prepare(t, client, q), map[lookup.Key]string{
		`"ada"`: `[{"_id":2,"at":3},{"_id":1,"at":2}]`, `"bob"`: `[{"_id":3,"at":1}]`, `"eve"`: "missing",
	})
	q.Many = false
	expect(t, prepare(t, client, q), map[lookup.Key]string{`"ada"`: "2 documents for one key: many: true makes a list", `"bob"`: `{"_id":3,"at":1}`})
}

// TestListsOfKeys has documents that belong to each element of a list.
func TestListsOfKeys(t *testing.T) {
	t.Parallel()
	client, db := shared(t)
	insert(t, db, "posts",
		bson.D{{Key: "_id", Value: 1}, {Key: "tags", Value: bson.A{"go", "kafka", "go"}}, {Key: "by", Value: bson.A{bson.D{{Key: "id", Value: 7}}, bson.D{{Key: "id", Value: 8}}}}},
		bson.D{{Key: "_id", Value: 2}, {Key: "tags", Value: "go"}, {Key: "by", Value: bson.D{{Key: "id", Value: 8}}}},
	)
	q := mongolookup.Query{Collection: "posts", Find: `{"tags": {"$in": "$keys"}}`, Project: `{"_id": 1}`, Sort: `{"_id": 1}`, Many: true}
	expect(t, prepare(t, client, q), map[lookup.Key]string{`"go"`: `[{"_id":1},{"_id":2}]`, `"kafka"`: `[{"_id":1}]`, `"sql"`: "missing"})
	q.Find = `{"by.id": {"$in": "$keys"}}`
	expect(t, prepare(t, client, q), map[lookup.Key]string{`8`: `[{"_id":1},{"_id":2}]`, `7`: `[{"_id":1}]`})
}

func TestCompositeKeys(t *testing.T) {
	t.Parallel()
	client, db := shared(t)
	id := func(tenant string, n int) bson.D { return bson.D{{Key: "tenant", Value: tenant}, {Key: "n", Value: n}} }
	insert(t, db, "orders",
		bson.D{{Key: "_id", Value: id("t1", 1)}, {Key: "tenant", Value: "t1"}, {Key: "n", Value: 1}, {Key: "total", Value: 10}},
		bson.D{{Key: "_id", Value: id("t1", 2)}, {Key: "tenant", Value: "t1"}, {Key: "n", Value: 2}, {Key: "total", Value: 20}},
		bson.D{{Key: "_id", Value: id("t2", 1)}, {Key: "tenant", Value: "t2"}, {Key: "n", Value: 1}, {Key: "total", Value: 30}},
	)
	for _, q := range []mongolookup.Query{
		{Find: `{"$or": "$keys"}`, Key: []string{"tenant", "n"}},
		{Find: `{"$or": "$keys", "total": {"$gt": 0}}`, Key: []string{"_id.tenant", "_id.n"}},
		{Find: `{"_id": {"$in": "$keys"}}`, Key: []string{"_id.tenant", "_id.n"}},
	} {
		q.Collection, q.Project, q.KeyType = "orders", `{"total": 1, "_id": 0}`, []string{"text", "bigint"}
		expect(t, prepare(t, client, q), map[lookup.Key]string{`["t1",2]`: `{"total":20}`, `["t2",1]`: `{"total":30}`, `["t2",2]`: "missing"})
	}
}

// TestDocumentsThatCannotBeUsed fail alone.
func TestDocumentsThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	s := finding(t,
		bson.D{{Key: "name", Value: "ada"}, {Key: "n", Value: 1}}, bson.D{{Key: "name", Value: "bob"}, {Key: "x", Value: 1}, {Key: "x", Value: 2}},
		bson.D{{Key: "name", Value: "eve"}, {Key: "x", Value: "\xff"}},
	)
	expect(t, prepare(t, open(t, mongolookup.Config{URI: s.uri, Database: "app"}), byName("rows")), map[lookup.Key]string{
		`"ada"`: `{"name":"ada","n":1}`, `"bob"`: "the document has a member twice", `"eve"`: "a string in the document is not UTF-8",
	})
}

func TestCallsAreBounded(t *testing.T) {
	t.Parallel()
	large := bson.D{{Key: "name", Value: "ada"}, {Key: "x", Value: strings.Repeat("x", 1000)}}
	s := finding(t, large, large)
	client := open(t, mongolookup.Config{URI: s.uri, Database: "app", MaxAnswerBytes: 1500})
	err := prepare(t, client, byName("rows")).Load(t.Context(), stages.NewBatch[lookup.Key, []byte]([]lookup.Key{`"ada"`, `"bob"`}))
	if stages.ClassOf(err) != stages.Permanent || !strings.Contains(err.Error(), "2 keys have more than 1500 bytes: lower max_keys") {
		t.Errorf("a large answer: %v, want a permanent error", err)
	}
	var keys []lookup.Key
	for i := range 17_000 {
		keys = append(keys, lookup.Key(`"`+strings.Repeat("x", 990)+time.Duration(i).String()+`"`))
	}
	err = prepare(t, client, byName("rows")).Load(t.Context(), stages.NewBatch[lookup.Key, []byte](keys))
	if stages.ClassOf(err) != stages.Permanent || !strings.Contains(err.Error(), "larger than MongoDB takes: lower max_keys") {
		t.Errorf("a large filter: %v, want a permanent error", err)
	}
}

// TestWhatTheURISays goes into each find, beside the time that is left.
func TestWhatTheURISays(t *testing.T) {
	t.Parallel()
	s := finding(t)
	client := open(t, mongolookup.Config{URI: s.uri + "?readConcernLevel=majority&readPreference=nearest&directConnection=false", Database: "app", Timeout: 30 * time.Second})
	load(t, prepare(t, client, byName("rows")), `"ada"`)
	command := s.commands()[0]
	if level := command.Lookup("readConcern", "level").StringValue(); level != "majority" {
		t.Errorf("the read concern is %s", level)
	}
	if left := command.Lookup("maxTimeMS").AsInt64(); left < 1000 || left > 30_000 {
		t.Errorf("the server has %d ms", left)
	}
}

// TestReadsAreRetried loses the connection once, which no caller notices, or each time.
func TestReadsAreRetried(t *testing.T) {
	t.Parallel()
	for _, losses := range []int{1, 100} {
		left := make(chan struct{}, losses)
		for range losses {
			left <- struct{}{}
		}
		s := newScripted(t, func(bson.Raw) bson.D {
			select {
			case <-left:
				return nil
			default:
				return found(bson.D{{Key: "name", Value: "ada"}})
			}
		})
		l := prepare(t, open(t, mongolookup.Config{URI: s.uri, Database: "app", Timeout: 20 * time.Second}), byName("rows"))
		if losses == 1 {
			expect(t, l, map[lookup.Key]string{`"ada"`: `{"name":"ada"}`})
		} else if e := fails(t, l, stages.Transient, ""); !strings.Contains(e.Error(), "the connection to MongoDB was lost") {
			t.Errorf("a connection that is always lost: %v", e)
		}
		if n := len(s.commands()); n != 2 {
			t.Errorf("after %d losses there were %d finds, want 2", losses, n)
		}
	}
}

func TestKeysWithoutAPart(t *testing.T) {
	t.Parallel()
	client := open(t, mongolookup.Config{URI: "mongodb://127.0.0.1:1/", Database: "app"})
	l := prepare(t, client, mongolookup.Query{Collection: "rows", Find: `{"_id": {"$in": "$keys"}}`, KeyType: []string{"objectid"}})
	if key, err := l.Key([]byte(`"65F0C0FFEE0123456789ABCD"`)); key != `"65f0c0ffee0123456789abcd"` || err != nil {
		t.Errorf("the key is %s (%v)", key, err)
	}
	if _, err := l.Key([]byte("null")); !errors.Is(err, stages.ErrNoKey) {
		t.Errorf("null: %v, want no key", err)
	}
}
