package httplookup

import (
	"context"
	"net/url"
	"strings"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// Probe sends a request without keys. It finds a wrong path, missing rights and answers of another form before the first lookup.
// Its error is an *Error, fatal or unusable by stages.ClassOf. Other refusals of a request without keys, and a service that cannot
// be reached, are no errors: they tell nothing.
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
