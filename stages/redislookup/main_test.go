package redislookup_test

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/loaderline/loaderline/testenv"
)

// TestMain leaves out the example that starts a Redis when -short was asked for: an example cannot skip itself.
func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		if err := flag.Set("test.skip", "^ExampleClient_Lookup$"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	testenv.Main(m)
}
