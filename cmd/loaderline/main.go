// Command loaderline enriches events from Kafka as a pipeline file says: see loaderline --help.
package main

import (
	"context"
	"os"

	"github.com/loaderline/loaderline/internal/cli"
	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/deadletter"
)

func main() { os.Exit(run()) }

// run is the process: it returns its exit code.
func run() int {
	if deadletter.ServeFix() {
		return 0
	}
	ctx, stop := cli.Interruptible(context.Background(), os.Exit)
	defer stop()
	return execute(ctx, console.New(os.Stdout, os.Stderr, os.Getenv), os.Args[1:])
}
