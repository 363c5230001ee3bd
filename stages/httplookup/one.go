package httplookup

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/sync/errgroup"

	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/internal/serviceerr"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

const keyPlaceholder = "$key"

// template is a request for one key: the texts around the parts of the key in the escaped path, in the query and in the body.
type template struct {
	path, query, body []string
}

// parts is how many parts a key has.
func (t *template) parts() int { return len(t.path) + len(t.query) + len(t.body) - 3 }

// compileOne checks what only a request for one key asks for.
func (q *Query) compileOne() error {
	if q.Method == "" {
		q.Method = http.MethodGet
		if q.Body != "" {
			q.Method = http.MethodPost
		}
	}
	for _, no := range []struct {
		set  bool
		text string
	}{
		{q.Param != "" || q.Separator != "", "a request for one key has no param and no separator: write the key into the path, as in /users?id=$key"},
		{q.Items != "" || q.Named, "the answer to a request for one key is its item: leave out items and named, and write value if the result is within it"},
		{len(q.Key) > 0, "the answer to a request for one key does not name it: leave out key"},
	} {
		if no.set {
			return errors.New(no.text)
		}
	}
	for _, status := range []int{http.StatusNotFound, http.StatusGone} {
		if !slices.Contains(q.Missing, status) {
			q.Missing = append(q.Missing, status)
		}
	}
	return nil
}

// checkMethod returns an error if a request for one key cannot be made so.
func (q *Query) checkMethod() error {
	switch {
	case q.Method != http.MethodGet && q.Method != http.MethodPost:
		return fmt.Errorf("unknown method %q: it is POST or GET", q.Method)
	case q.Method == http.MethodGet && q.Body != "":
		return errors.New("a GET has no body: write the key into the path, as in /users/$key, or say method POST")
	}
	return nil
}

// compileTemplate makes the template of the requests, whose path is that of target.
func (l *httpLookup) compileTemplate() error {
	q := &l.query
	if err := q.checkMethod(); err != nil {
		return err
	}
	t := &template{path: []string{""}, query: []string{""}}
	if l.target != nil {
		t.path, t.query = strings.Split(l.target.EscapedPath(), keyPlaceholder), strings.Split(l.target.RawQuery, keyPlaceholder)
	}
	var quoted bool
	switch t.body, quoted = splitJSON(q.Body, keyPlaceholder); {
	case quoted:
		return errors.New("$key stands in quotes in the body: write it without them, since it is a JSON value")
	case q.Body != "" && !isJSON(strings.Join(t.body, `"key"`)):
		return errors.New("the body is not JSON")
	}
	for _, texts := range [][]string{t.path, t.query, t.body} {
		for _, after := range texts[1:] {
			if strings.IndexFunc(after, func(c rune) bool { return c == '_' || unicode.IsLetter(c) || unicode.IsDigit(c) }) == 0 {
				return errors.New("there is a letter or digit right behind $key, as in $keys: it stands for one key")
			}
		}
	}
	if t.parts() == 0 && l.target != nil {
		return errors.New("there is no $key: it stands for the key in the path, as in /users/$key, or in the body")
	}
	l.one = t
	if len(q.KeyType) > 0 {
		return nil
	}
	for i := range t.parts() { // A path cannot tell 7 from "7".
		part := lookupkey.Text
		if i >= t.parts()-(len(t.body)-1) {
			part = lookupkey.Any
		}
		q.KeyType = append(q.KeyType, part.String())
	}
	return nil
}

// errUnwritable is the error of a key that would change the path or the query.
var errUnwritable = stages.WithClass(&serviceerr.Error{
	Message: "a key that is empty, or has . or .. as a part of a path, cannot stand in a request's path",
}, stages.Permanent)

// request is the request for a key.
func (t *template) request(base *url.URL, key lookup.Key) (request, error) {
	r := request{places: []int32{0}}
	keys := []lookup.Key{key}
	if t.parts() > 1 {
		keys = lookupkey.AppendParts(keys[:0], key)
	}
	empty := false
	next := func() string {
		text := string(lookupkey.AppendText(nil, keys[0]))
		keys, empty = keys[1:], empty || text == ""
		return text
	}
	filled := func(texts []string, escape func(string) string) string {
		var b strings.Builder
		b.WriteString(texts[0])
		for _, after := range texts[1:] {
			b.WriteString(escape(next()) + after)
		}
		return b.String()
	}
	path, query := filled(t.path, url.PathEscape), filled(t.query, url.QueryEscape)
	decoded, err := url.PathUnescape(path)
	if err != nil || empty || len(t.path) > 1 && leadsElsewhere(decoded) {
		return r, errUnwritable
	}
	if t.body[0] != "" || len(t.body) > 1 {
		r.body = []byte(t.body[0])
		for _, after := range t.body[1:] {
			r.body = append(append(r.body, keys[0]...), after...)
			keys = keys[1:]
		}
	}
	target := *base
	target.Path, target.RawPath, target.RawQuery = decoded, path, query
	r.target = &target
	return r, nil
}

// leadsElsewhere reports whether a server might read a part of a decoded path as . or .., be it before or after it decodes the path.
func leadsElsewhere(decoded string) bool {
	parts := strings.FieldsFunc(decoded, func(c rune) bool { return c == '/' || c == '\\' })
	return slices.Contains(parts, ".") || slices.Contains(parts, "..")
}

// loadEach asks for each key by a request of its own, as many at once as there are connections. Only a fatal error and the end of
// the context are errors of the whole call.
func (l *httpLookup) loadEach(ctx context.Context, b *stages.Batch[lookup.Key, []byte]) error {
	if len(b.Keys) == 1 {
		return l.loadOne(ctx, b)
	}
	var mu sync.Mutex
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(l.client.cfg.Pool)
	for i, key := range b.Keys {
		group.Go(func() error {
			single := stages.NewBatch[lookup.Key, []byte]([]lookup.Key{key})
			err := l.loadOne(inner, single)
			if err != nil && (inner.Err() != nil || stages.ClassOf(err) == stages.Fatal) {
				return err
			}
			result := single.Result(0)
			if err != nil {
				result = stages.Result[[]byte]{Err: err, State: stages.Failed}
			}
			mu.Lock()
			defer mu.Unlock()
			b.Set(i, result)
			return nil
		})
	}
	return group.Wait()
}

// loadOne asks for the only key of a batch.
func (l *httpLookup) loadOne(ctx context.Context, b *stages.Batch[lookup.Key, []byte]) error {
	r, err := l.one.request(l.target, b.Keys[0])
	if err != nil {
		b.Set(0, stages.Result[[]byte]{Err: err, State: stages.Failed})
		return nil //nolint:nilerr // It is the key's.
	}
	return l.load(ctx, l.layout.Answers(b), r)
}

// oneClass is the class of a status that answers a request for one key. What a request for many keys takes for a mistake in the
// file may be about this key alone: then the others are answered. Credentials are about no key.
func oneClass(status int) stages.Class {
	class := statusClass(status)
	if class == stages.Fatal && status != http.StatusUnauthorized && status != http.StatusProxyAuthRequired {
		return stages.Unusable
	}
	return class
}
