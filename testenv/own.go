package testenv

import (
	"context"
	"errors"
	"io"
	"testing"
)

// errShort is for a test that starts a service and asks neither Own nor NeedServices.
var errShort = errors.New("-short starts no service: use testenv.Own or testenv.NeedServices")

// NeedServices skips a test that starts services when -short was asked for.
func NeedServices(tb testing.TB) {
	tb.Helper()
	if testing.Short() {
		tb.Skip("it starts services, and -short was asked for")
	}
}

// Own starts a service or cluster that belongs to one test, and closes it when the test ends. It skips the test when
// -short was asked for.
func Own[S io.Closer](tb testing.TB, start func(context.Context) (S, error)) S {
	tb.Helper()
	NeedServices(tb)
	service, err := start(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := service.Close(); err != nil {
			tb.Error(err)
		}
	})
	return service
}
