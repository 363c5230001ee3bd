package httplookup

import (
	"context"
	"net/url"
	"strings"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// Probe asks for no keys at all, which finds a wrong path, missing rights and answers of another form before the first lookup.
// Its error is an *Error, fatal or unusable by stages.ClassOf. A service that refuses a request without keys otherwise, or cannot be
// reached, tells nothing: that is no error.
func (l *Lookup) Probe(ctx context.Context) error {
	r := request{target: l.target}
	if l.query.Param == "" {
		r.body = l.appendBody(nil)
	} else {
		target := *l.target
		target.RawQuery = strings.TrimPrefix(target.RawQuery+"&", "&") + url.QueryEscape(l.query.Param) + "="
		r.target = &target
	}
	none := stages.NewBatch[lookup.Key, []byte](nil)
	switch err := l.load(ctx, newAnswers(l, none), r); stages.ClassOf(err) {
	case stages.Fatal, stages.Unusable:
		return err
	case stages.Transient, stages.Permanent:
	}
	return nil
}
