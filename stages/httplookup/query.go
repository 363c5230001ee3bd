package httplookup

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// defaultBody is the body of a POST where a Query has none.
const defaultBody = `{"ids": $keys}`

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
	layout *layout

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
		return nil, fmt.Errorf("stage %s: %w", q.Name, invalid(err))
	}
	return l, nil
}

func (l *httpLookup) compile() error {
	q := &l.query
	q.PermanentErrors, q.Missing = slices.Clone(q.PermanentErrors), slices.Clone(q.Missing)
	var namedErr, pathErr, layoutErr error
	if q.Named {
		namedErr = q.compileNamed()
	}
	if len(q.Key) == 0 {
		q.Key = []string{"id"}
	}
	l.target, pathErr = below(l.client.base, q.Path)
	requestErr := l.compileRequest()
	l.layout, layoutErr = newLayout(*q)
	return errors.Join(pathErr, namedErr, l.compileTypes(), requestErr, checkMissing(q.Missing), layoutErr)
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

func (l *httpLookup) compileTypes() error {
	for _, name := range l.query.KeyType {
		t, err := lookupkey.ParseType(name)
		if err != nil {
			return err
		}
		l.types = append(l.types, t)
	}
	n := len(l.query.Key)
	if l.types == nil {
		l.types = make(lookupkey.Types, n) // Any.
	}
	if len(l.types) != n {
		return fmt.Errorf("the key has %s, and key_type says %s", plural.Count(n, "path"), plural.Count(len(l.types), "type"))
	}
	return nil
}

func (l *httpLookup) compileRequest() error {
	q := &l.query
	switch q.Method {
	case "", http.MethodPost:
		q.Method = http.MethodPost
		if q.Param != "" || q.Separator != "" {
			return errors.New("a POST has its keys in the body: leave out param and separator, or say method GET")
		}
		if q.Body == "" {
			q.Body = defaultBody
		}
		var err error
		l.body, err = splitBody(q.Body)
		return err
	case http.MethodGet:
		switch {
		case q.Body != "":
			return errors.New("a GET has no body: name the parameter that holds the keys by param, or say method POST")
		case q.Param == "":
			return errors.New("there is no param: it names the parameter of a GET that holds the keys")
		case l.target != nil && l.target.Query().Has(q.Param):
			return fmt.Errorf("the path sets the parameter %q, which holds the keys", q.Param)
		case len(q.Key) > 1:
			return errors.New("a key of several parts cannot stand in a parameter: use a POST")
		}
		return nil
	}
	return fmt.Errorf("unknown method %q: it is POST or GET", q.Method)
}

// splitBody finds the one $keys of a body that is JSON without it.
func splitBody(body string) (around [2]string, err error) {
	const placeholder = "$keys"
	at, quoted := -1, false
	for i := 0; i < len(body); i++ {
		switch {
		case quoted && body[i] == '\\':
			i++
		case body[i] == '"':
			quoted = !quoted
		case !strings.HasPrefix(body[i:], placeholder):
		case quoted:
			return around, errors.New("$keys stands in quotes in the body: it is a list, write it without them")
		case at >= 0:
			return around, errors.New("the body has $keys twice")
		default:
			at = i
		}
	}
	if at < 0 {
		return around, errors.New("the body has no $keys: it stands for the list of keys")
	}
	around = [2]string{body[:at], body[at+len(placeholder):]}
	if !isJSON(around[0] + `["key"]` + around[1]) {
		return around, errors.New("the body is not JSON")
	}
	return around, nil
}

// Key implements lookup.Lookup.
func (l *httpLookup) Key(parts ...[]byte) (lookup.Key, error) { return l.types.Key(parts...) }

// Types implements lookupext.Typed.
func (l *httpLookup) Types() lookupkey.Types { return slices.Clone(l.types) }
