package pipeline_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/sqllookup"
)

func TestReach(t *testing.T) {
	refused := errors.New("connection refused")
	noFile := func(ctx context.Context) error {
		db, err := sqllookup.Open(ctx, sqllookup.Config{Driver: sqllookup.SQLite, DSN: lookup.Secret(t.TempDir() + "/no.db")})
		if err != nil {
			return err
		}
		return errors.Join(db.Ping(ctx), db.Close())
	}(t.Context())
	for name, test := range map[string]struct {
		errs  []error // of the first pings; later ones are as the last
		waits bool
		fails bool
	}{
		"it answers":              {[]error{nil}, false, false},
		"it is back soon":         {[]error{refused, refused, nil}, true, false},
		"it is away":              {[]error{refused}, true, true},
		"a login that is wrong":   {[]error{stages.WithClass(refused, stages.Fatal)}, false, true},
		"a file that is not here": {[]error{noFile}, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start, asked := time.Now(), 0
				err := pipeline.Reach(t.Context(), "shop", func(context.Context) error {
					err := test.errs[min(asked, len(test.errs)-1)]
					asked++
					return err
				})
				if unreachable, ok := errors.AsType[*pipeline.UnreachableError](err); ok != test.fails || ok && unreachable.Source != "shop" || !ok && err != nil {
					t.Errorf("the error is %v", err)
				}
				if took := time.Since(start); took > 0 != test.waits || took > 11*time.Second {
					t.Errorf("%d pings in %s", asked, took)
				}
			})
		})
	}
}
