package httplookup

import (
	"context"
	"net/url"
	"strings"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// Probe implements lookupext.Prober by a request without keys. Where a request has one key, there is none without it.
func (l *httpLookup) Probe(ctx context.Context) error {
	if l.one != nil {
		return nil
	}
	r := request{target: l.target}
	if l.query.Param == "" {
		r.body = l.appendBody(nil)
	} else {
		target := *l.target
		target.RawQuery = strings.TrimPrefix(target.RawQuery+"&", "&") + url.QueryEscape(l.query.Param) + "="
		r.target = &target
	}
	none := stages.NewBatch[lookup.Key, []byte](nil)
	switch err := l.load(ctx, l.layout.Answers(none), r); stages.ClassOf(err) {
	case stages.Fatal, stages.Unusable:
		return err
	case stages.Transient, stages.Permanent, stages.SomeMissing:
	}
	return nil
}
