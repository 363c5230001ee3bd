package mongolookup_test

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/loaderline/loaderline/testenv"
)

// TestMain leaves out the examples when -short was asked for. They start a server, and an example cannot skip itself.
func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		if err := flag.Set("test.skip", "^Example"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	testenv.Main(m)
}
