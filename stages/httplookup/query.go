package httplookup

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/stages"
)

// DefaultBody is the body of a POST where a Query has none.
const DefaultBody = `{"ids": $keys}`

// Query is one bulk lookup. Paths are names joined by dots, as in data.items; a name with a dot or a space in it is
// quoted as in JSON.
type Query struct {
	// Name is the stage's name, for errors. Defaults to "lookup".
	Name string
	// Method is POST or GET. Defaults to POST.
	Method string
	// Path is added to the client's URL, with a query of its own where it needs one: /users/lookup?fields=all.
	Path string
	// Body is a POST's body: JSON in which $keys, outside of quotes, stands for the list of keys. A key is a JSON string,
	// integer or boolean in it, a composite key a list of them. Defaults to DefaultBody.
	Body string
	// Param is the name of a GET's parameter, which is repeated for each key: ids=1&ids=2.
	Param string
	// Separator joins the keys in one parameter instead: ids=1,2. A key that holds it fails.
	Separator string
	// MaxURLBytes bounds a GET's URL. Keys that have no room are asked for by further requests, one after another.
	// Defaults to 8,000.
	MaxURLBytes int
	// Items is the path to the list of items in the answer. Defaults to the answer itself. [] stands for each element of
	// a list on the way.
	Items string
	// Named says that Items leads to an object whose names are the keys and whose values are the items, as in {"7": {"name":
	// "Ada"}}. Key must then be empty. With Many each value is a list, which is the result.
	Named bool
	// Key is the paths in an item to the parts of its key. Defaults to id.
	Key []string
	// KeyType says the types of the key's parts (see package lookup). Defaults to any: 5 and "5" are two keys then, in the
	// request and in the answer. With Named it defaults to text: a name cannot say which of them it is.
	KeyType []string
	// Missing are the statuses of a whole answer, each of 4xx, that mean missing keys: all of them, or only some. Such a call
	// for several keys is bisected. In a call for one key, that key is missing.
	Missing []int
	// Value is the path in an item to its value; where nothing or null stands there, the key is missing. Defaults to
	// the item itself.
	Value string
	// Error is the path in an item to its error. Nothing, null, false, "", 0, {}, [] and a status of 2xx are none; 404 and 410
	// make the key missing; another status is classified as that of an answer would be, but never fatal. Other errors
	// are transient, since they might be an outage that the service passes on, but for those of PermanentErrors.
	Error string
	// PermanentErrors are words at Error that are the key's fault, such as INVALID_ID.
	PermanentErrors []string
	// Many makes a list of a key's items. Without it a second item fails the key.
	Many bool
}

// Lookup is a Query that was checked. It is a lookup.Source and safe for concurrent use.
type Lookup struct {
	client *Client
	query  Query
	types  lookupkey.Types
	target *url.URL
	body   [2]string // around $keys
	layout *layout
}

// Lookup checks a query without asking the service. Its error is fatal by stages.ClassOf and names the stage.
func (c *Client) Lookup(q Query) (*Lookup, error) {
	if q.Name == "" {
		q.Name = "lookup"
	}
	l := &Lookup{client: c, query: q}
	if err := l.compile(); err != nil {
		return nil, fmt.Errorf("stage %s: %w", q.Name, invalid(err))
	}
	return l, nil
}

func (l *Lookup) compile() error {
	q := &l.query
	q.PermanentErrors, q.Missing = slices.Clone(q.PermanentErrors), slices.Clone(q.Missing)
	var namedErr, pathErr, layoutErr error
	if q.Named {
		namedErr = q.compileNamed()
	}
	if len(q.Key) == 0 {
		q.Key = []string{"id"}
	}
	if q.MaxURLBytes <= 0 {
		q.MaxURLBytes = 8000
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
		if !CanBeMissing(status) {
			errs = append(errs, fmt.Errorf("missing: %d does not say that there is nothing: it is a status of 4xx that is about the keys, such as 404", status))
		}
	}
	return errors.Join(errs...)
}

// CanBeMissing says whether a status can stand in Query.Missing: a status of 4xx that is neither about credentials nor about a
// busy service.
func CanBeMissing(status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusProxyAuthRequired:
		return false
	}
	return status/100 == 4 && statusClass(status) != stages.Transient
}

func (l *Lookup) compileTypes() error {
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

func (l *Lookup) compileRequest() error {
	q := &l.query
	switch q.Method {
	case "", http.MethodPost:
		q.Method = http.MethodPost
		if q.Param != "" || q.Separator != "" {
			return errors.New("a POST has its keys in the body: leave out param and separator, or say method GET")
		}
		if q.Body == "" {
			q.Body = DefaultBody
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

// Types are the types of the key's parts, for Types.Canonical.
func (l *Lookup) Types() lookupkey.Types { return slices.Clone(l.types) }
