package httplookup

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/loaderline/loaderline/internal/lookupanswer"
	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/internal/serviceerr"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// maxURLBytes bounds the URL of a GET.
const maxURLBytes = 8000

// Query asks a service for many keys at once: how a request names the keys, and where the answer has them. The zero value of
// each field is its default.
//
// A path into the response is names joined by dots, as in data.items. A name with a dot or a space in it is quoted as
// in JSON.
type Query struct {
	// Name names the stage in errors. Defaults to "lookup".
	Name string

	// Method is POST or GET. Defaults to POST.
	Method string
	// Path is added to Config.URL. It can have a query: /users/lookup?fields=all.
	Path string
	// Body is the body of a POST. It is JSON in which $keys, outside of quotes, stands for the list of keys. In the list a key is
	// a JSON string, integer or boolean, and a composite key is a list of them. Defaults to {"ids": $keys}.
	Body string
	// Param is the name of a GET's parameter, which is repeated for each key: ids=1&ids=2. No URL is longer than 8,000 bytes:
	// further requests, one after another, ask for the keys that have no room.
	Param string
	// Separator joins the keys in one parameter instead: ids=1,2. A key that holds it fails.
	Separator string
	// One reports whether a request asks for one key, for services that do not know more: $key in Path or in Body stands for it,
	// as in /users/$key. A composite key has $key for each part in order, in Path and then in Body. In Path a key is escaped, and
	// fails if it is empty, . or .. there. The answer is the item, and with Many, Value leads to the list that is the result. 404
	// and 410 mean that the key is missing. Method defaults to GET, or with a Body to POST. A part in Path has the KeyType text by
	// default.
	//
	// Load sends as many requests at once as there are connections. With stages.LoaderConfig.MaxBatch 1 each is a call of the
	// loader instead, so that the limits of the stages.Backend and its statistics are those of requests.
	One bool

	// Items is the path to the list of items. [] stands for each element of a list on the way. Defaults to the answer itself.
	Items string
	// Named reports whether Items leads to an object whose names are the keys and whose values are the items, as in {"7":
	// {"name": "Ada"}}. Key must then be empty. With Many each value is a list, which is the result.
	Named bool
	// Key is the paths in an item to the parts of its key. Defaults to id.
	Key []string
	// KeyType names the types of the key's parts, one of those in package lookup each. Defaults to any: 5 and "5" are two keys
	// then, in the request and in the answer. With Named it defaults to text: a name cannot say which of them it is.
	KeyType []string
	// Value is the path in an item to its value. The key is missing if there is nothing, or null. Defaults to the item itself.
	Value string
	// Many makes a list of a key's items, in the order of the answer. Without it a second item fails the key.
	Many bool

	// Missing are statuses of 4xx of a whole answer that mean missing keys: all of them, or only some. A call for several keys is
	// then bisected. In a call for one key, that key is missing.
	Missing []int
	// Error is the path in an item to its error. Nothing, null, false, "", 0, {}, [] and a status of 2xx are none. 404 and 410
	// make the key missing. Another status is classified as that of an answer is, but never fatal. Any other error is transient,
	// since it might be an outage that the service passes on.
	Error string
	// PermanentErrors are words at Error that are the key's fault, such as INVALID_ID.
	PermanentErrors []string
}

// httpLookup is a Query that was checked.
type httpLookup struct {
	client *client
	query  Query
	types  lookupkey.Types
	target *url.URL
	body   [2]string // around $keys
	one    *template // nil: a request asks for many keys
	from   string    // the request that is answered, for errors
	layout *lookupanswer.Layout

	maxURLBytes int
}

var (
	_ lookup.Lookup    = (*httpLookup)(nil)
	_ lookupext.Typed  = (*httpLookup)(nil)
	_ lookupext.Prober = (*httpLookup)(nil)
)

// Lookup implements lookup.Client.
func (c *client) Lookup(_ context.Context, q Query) (lookup.Lookup, error) {
	if q.Name == "" {
		q.Name = "lookup"
	}
	l := &httpLookup{client: c, query: q, maxURLBytes: maxURLBytes}
	if err := l.compile(); err != nil {
		return nil, fmt.Errorf("stage %s: %w", q.Name, serviceerr.Invalid(err))
	}
	return l, nil
}

func (l *httpLookup) compile() error {
	q := &l.query
	q.Missing = slices.Clone(q.Missing)
	var formErr, pathErr, requestErr, layoutErr error
	switch {
	case q.One:
		formErr = q.compileOne()
	case q.Named:
		formErr = q.compileNamed()
	}
	l.target, pathErr = below(l.client.base, q.Path)
	parts := max(len(q.Key), 1)
	if q.One {
		if requestErr = l.compileTemplate(); requestErr == nil {
			parts = l.one.parts()
		}
	} else {
		requestErr = l.compileRequest()
	}
	if len(q.Key) == 0 {
		q.Key = []string{"id"}
	}
	typesErr := l.compileTypes(parts)
	l.from = q.Method + " /" + strings.TrimLeft(pathOf(q.Path), "/")
	l.layout, layoutErr = lookupanswer.New(lookupanswer.Form{
		From: l.from, Items: q.Items, ItemsSetting: "response.items", Named: q.Named, One: q.One, Key: slices.Clone(q.Key), Types: l.types,
		Value: q.Value, Error: q.Error, PermanentErrors: slices.Clone(q.PermanentErrors), Status: itemStatus, Many: q.Many,
	})
	return errors.Join(pathErr, formErr, typesErr, requestErr, checkMissing(q.Missing), layoutErr)
}

// pathOf is a path without its query, which can hold a secret.
func pathOf(path string) string {
	path, _, _ = strings.Cut(path, "?")
	return path
}

// compileNamed checks what only named items ask for.
func (q *Query) compileNamed() error {
	if len(q.Key) > 0 {
		return errors.New("the names are the keys: leave out key, or named")
	}
	if len(q.KeyType) == 0 {
		q.KeyType = []string{lookupkey.Text.String()}
	}
	if kind, err := lookupkey.ParseType(q.KeyType[0]); err == nil && kind == lookupkey.Any {
		return errors.New("key_type any tells 7 from \"7\", and a name cannot: say text, or the type that the service has")
	}
	if len(q.KeyType) > 1 {
		return errors.New("a key of several parts cannot be a name: answer with a list")
	}
	if strings.Contains(q.Items, "[]") {
		return fmt.Errorf("items: %q leads to many objects: named items stand in one", q.Items)
	}
	return nil
}

// checkMissing refuses statuses that cannot say that keys are missing.
func checkMissing(statuses []int) error {
	var errs []error
	for _, status := range statuses {
		if !canBeMissing(status) {
			errs = append(errs, fmt.Errorf("missing: %d does not say that there is nothing: it is a status of 4xx that is about the keys, such as 404", status))
		}
	}
	return errors.Join(errs...)
}

// canBeMissing reports whether a status can be in Query.Missing: a status of 4xx that is neither about credentials nor about a
// busy service.
func canBeMissing(status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusProxyAuthRequired:
		return false
	}
	return status/100 == 4 && statusClass(status) != stages.Transient
}

func (l *httpLookup) compileTypes(n int) error {
	for _, name := range l.query.KeyType {
		t, err := lookupkey.ParseType(name)
		if err != nil {
			return err
		}
		l.types = append(l.types, t)
	}
	if l.types == nil {
		l.types = make(lookupkey.Types, n) // Any.
	}
	if len(l.types) != n {
		what := "path"
		if l.query.One {
			what = "part"
		}
		return fmt.Errorf("the key has %s, and key_type says %s", plural.Count(n, what), plural.Count(len(l.types), "type"))
	}
	return nil
}

// Key implements lookup.Lookup.
func (l *httpLookup) Key(parts ...[]byte) (lookup.Key, error) { return l.types.Key(parts...) }

// Types implements lookupext.Typed.
func (l *httpLookup) Types() lookupkey.Types { return slices.Clone(l.types) }
