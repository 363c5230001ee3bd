package httplookup

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// Load asks for all keys, which must be canonical by Types: by one POST, or by one GET and more only where the URL would be
// too long. What was answered before an error ends the call is settled. An error of the whole call is an *Error,
// classified.
func (l *Lookup) Load(ctx context.Context, b *stages.Batch[lookup.Key, []byte]) error {
	if len(b.Keys) == 0 {
		return nil
	}
	a := newAnswers(l, b)
	for _, r := range l.requests(b) {
		body, err := l.ask(ctx, r)
		if err != nil {
			return err
		}
		if err := a.settle(body, r.places); err != nil {
			return err
		}
	}
	return nil
}

// ask answers the body of a good answer.
func (l *Lookup) ask(ctx context.Context, r request) ([]byte, error) {
	call, cancel := context.WithTimeout(ctx, l.client.cfg.Timeout)
	defer cancel()
	response, err := l.client.send(call, l.query.Method, r.target, r.body)
	if err != nil {
		return nil, err
	}
	defer release(response)
	if response.StatusCode != http.StatusOK {
		return nil, statusError(response, time.Now())
	}
	if err := checkContent(response.Header); err != nil {
		return nil, err
	}
	return readBody(call, response, l.client.cfg.MaxAnswerBytes, len(r.places))
}

// checkContent says whether an answer is JSON by its header. One without a type is, if its body is.
func checkContent(header http.Header) error {
	if encoding := header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return &Error{message: "the answer is compressed in a way that was not asked for"}
	}
	text := header.Get("Content-Type")
	if text == "" {
		return nil
	}
	kind, parameters, err := mime.ParseMediaType(text)
	if err != nil || !isJSONType(kind) {
		return &Error{message: "the content type of the answer is not JSON"}
	}
	if charset := parameters["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") && !strings.EqualFold(charset, "us-ascii") {
		return &Error{message: "the answer is not in UTF-8"}
	}
	return nil
}

func isJSONType(kind string) bool {
	return kind == "application/json" || kind == "text/json" || strings.HasPrefix(kind, "application/") && strings.HasSuffix(kind, "+json")
}

// readBody reads an answer, decompressed, up to a limit.
func readBody(ctx context.Context, response *http.Response, limit int64, keys int) ([]byte, error) {
	tooLarge := stages.AsPermanent(&Error{message: fmt.Sprintf(
		"the answer to %d keys is larger than %d bytes: lower max_keys", keys, limit)})
	if response.ContentLength > limit {
		return nil, tooLarge
	}
	const most = 16 << 20 // What a service says of its answer's size may not be so.
	var body bytes.Buffer
	body.Grow(int(min(max(response.ContentLength, 0), most)) + bytes.MinRead)
	n, err := body.ReadFrom(io.LimitReader(response.Body, limit+1))
	switch {
	case err != nil:
		return nil, failure(ctx, err)
	case n > limit:
		return nil, tooLarge
	}
	return body.Bytes(), nil
}
