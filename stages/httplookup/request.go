package httplookup

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/internal/serviceerr"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// request is what one request asks for: keys by their places in the batch.
type request struct {
	target *url.URL
	body   []byte
	places []int32
}

// requests are what the keys of a batch need: one POST, or as many GETs as their URLs' length asks for. Keys that
// cannot be written are failed.
func (l *httpLookup) requests(b *stages.Batch[lookup.Key, []byte]) []request {
	if l.query.Method == http.MethodPost {
		places := make([]int32, len(b.Keys))
		for i := range places {
			places[i] = int32(i)
		}
		return []request{{target: l.target, body: l.appendBody(b.Keys), places: places}}
	}
	var (
		all    []request
		query  []byte
		places []int32
		text   []byte
	)
	fixed := l.target.RawQuery
	room := l.maxURLBytes - len(l.target.String()) - len("?")
	flush := func() {
		if len(places) == 0 {
			return
		}
		target := *l.target
		target.RawQuery = strings.TrimPrefix(fixed+"&", "&") + string(query)
		all = append(all, request{target: &target, places: places})
		query, places = nil, nil
	}
	for i, key := range b.Keys {
		text = lookupkey.AppendText(text[:0], key)
		if l.query.Separator != "" && (len(text) == 0 || bytes.Contains(text, []byte(l.query.Separator))) {
			b.Set(i, stages.Result[[]byte]{Err: stages.WithClass(&serviceerr.Error{Message: fmt.Sprintf(
				"a key that is empty or holds %q cannot stand in a list that it separates", l.query.Separator)}, stages.Permanent), State: stages.Failed})
			continue
		}
		more := l.between(len(places) > 0) + url.QueryEscape(string(text))
		if len(places) > 0 && len(query)+len(more) > room {
			flush()
			more = l.between(false) + url.QueryEscape(string(text))
		}
		query = append(query, more...)
		places = append(places, int32(i))
	}
	flush()
	return all
}

// between is what precedes a key in a GET's query.
func (l *httpLookup) between(further bool) string {
	name := url.QueryEscape(l.query.Param) + "="
	switch {
	case !further:
		return name
	case l.query.Separator == "":
		return "&" + name
	case l.query.Separator == ",": // Allowed as it is, and shorter.
		return ","
	}
	return url.QueryEscape(l.query.Separator)
}

// appendBody is the body with the keys, which are JSON already.
func (l *httpLookup) appendBody(keys []lookup.Key) []byte {
	size := len(l.body[0]) + len(l.body[1]) + 2
	for _, key := range keys {
		size += len(key) + 1
	}
	body := append(make([]byte, 0, size), l.body[0]...)
	body = append(body, '[')
	for i, key := range keys {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, key...)
	}
	body = append(body, ']')
	return append(body, l.body[1]...)
}

// release ends an answer that nobody reads further. A short one is read to its end, so that its connection serves again.
func release(response *http.Response) {
	const short = 16 << 10
	if n := response.ContentLength; n > 0 && n <= short {
		_, _ = io.CopyN(io.Discard, response.Body, n)
	}
	_ = response.Body.Close()
}
