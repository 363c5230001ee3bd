package testenv_test

import (
	"strings"
	"testing"

	"github.com/loaderline/loaderline/testenv"
)

// A start that asks neither Own nor NeedServices fails with -short, so that no test forgets them.
func TestShortStartsNoService(t *testing.T) {
	service, err := testenv.StartRedis(t.Context())
	if err == nil {
		defer service.Close() //nolint:errcheck // The server has no data that matters.
	}
	if refused := err != nil && strings.Contains(err.Error(), "-short starts no service"); refused != testing.Short() || !refused && err != nil {
		t.Errorf("-short is %t, and the start ended with %v", testing.Short(), err)
	}
}
