package chaos_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/loaderline/loaderline/testenv"
)

// toxiproxy leaves the goroutines of a connection behind that it could not write to: nothing takes what they have read any more.
func TestMain(m *testing.M) {
	testenv.Main(m,
		goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2/toxics.(*ToxicStub).Run"),
		goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2.(*ToxicLink).read"),
	)
}
