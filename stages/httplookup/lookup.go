package httplookup

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/loaderline/loaderline/internal/lookupanswer"
	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/internal/serviceerr"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// Load asks for all keys, which must be canonical by Types: by one POST, or by one GET and more only where the URL would be
// too long, or by a request for each key. What was answered before an error ends the call is settled. An error of the whole call is a lookup.Error,
// classified.
func (l *httpLookup) Load(ctx context.Context, b *stages.Batch[lookup.Key, []byte]) error {
	if len(b.Keys) == 0 {
		return nil
	}
	if l.one != nil {
		return l.loadEach(ctx, b)
	}
	a := l.layout.Answers(b)
	for _, r := range l.requests(b) {
		if err := l.load(ctx, a, r); err != nil {
			return err
		}
	}
	return nil
}

// load settles the keys of one request.
func (l *httpLookup) load(ctx context.Context, a *lookupanswer.Answers, r request) error {
	call, cancel := context.WithTimeout(ctx, l.client.cfg.Timeout)
	defer cancel()
	response, err := l.client.send(call, l.query.Method, r.target, r.body)
	if err != nil {
		return err
	}
	defer release(response)
	if slices.Contains(l.query.Missing, response.StatusCode) {
		if len(r.places) > 1 {
			return stages.WithClass(statusError(response, time.Now()), stages.SomeMissing)
		}
		a.Miss(r.places)
		return nil
	}
	body, err := l.read(call, a, response, len(r.places))
	if err != nil {
		return err
	}
	return a.Settle(body, r.places)
}

// read reads the body of a good answer.
func (l *httpLookup) read(ctx context.Context, a *lookupanswer.Answers, response *http.Response, keys int) ([]byte, error) {
	if err := l.checkStatus(response); err != nil {
		return nil, err
	}
	if response.StatusCode/100 != 2 {
		err := statusError(response, time.Now())
		if l.one != nil {
			err = stages.WithClass(err, oneClass(response.StatusCode))
		}
		return nil, err
	}
	if response.StatusCode == http.StatusNoContent {
		return nil, nil
	}
	var err error
	if a.ContentType, err = l.checkContent(response.Header); err != nil {
		return nil, err
	}
	body, err := readBody(ctx, response, l.client.cfg.MaxAnswerBytes, keys)
	if err == nil && len(body) == 0 && endsWithConnection(response) {
		return nil, serviceerr.Unanswered(ctx, io.ErrUnexpectedEOF)
	}
	return body, err
}

// endsWithConnection reports whether nothing but the connection's end ends the body, so that an empty one may be a lost one.
func endsWithConnection(response *http.Response) bool {
	return response.ProtoMajor == 1 && response.ContentLength < 0 && len(response.TransferEncoding) == 0 && !response.Uncompressed
}

// readBody reads an answer, decompressed, up to a limit.
func readBody(ctx context.Context, response *http.Response, limit int64, keys int) ([]byte, error) {
	remedy := "lower max_keys"
	if keys == 1 {
		remedy = "raise max_body"
	}
	tooLarge := stages.WithClass(&serviceerr.Error{Message: fmt.Sprintf(
		"the answer to %s is larger than %d bytes: %s", plural.Count(keys, "key"), limit, remedy)}, stages.Permanent)
	if response.ContentLength > limit {
		return nil, tooLarge
	}
	const most = 16 << 20 // What a service says of its answer's size may not be so.
	var body bytes.Buffer
	body.Grow(int(min(max(response.ContentLength, 0), most)) + bytes.MinRead)
	n, err := body.ReadFrom(io.LimitReader(response.Body, limit+1))
	switch {
	case err != nil:
		return nil, serviceerr.Unanswered(ctx, err)
	case n > limit:
		return nil, tooLarge
	}
	return body.Bytes(), nil
}
