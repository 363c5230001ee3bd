// Command demo is loaderline demo alone: it has the driver of SQLite and no other, so that it is built in less time.
package main

import (
	"context"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loaderline/loaderline/internal/cli"
	"github.com/loaderline/loaderline/internal/console"
	_ "github.com/loaderline/loaderline/internal/pipeline/sqlitesource" // The database of the demo.
)

// line is the command line that the help and the summary show.
const line = "go run ./cmd/demo"

func main() { os.Exit(run()) }

// run is the process: it returns its exit code.
func run() int {
	ctx, stop := cli.Interruptible(context.Background(), os.Exit)
	defer stop()
	c := console.New(os.Stdout, os.Stderr, os.Getenv)
	cmd := cli.NewDemo(c)
	cmd.Annotations = map[string]string{cobra.CommandDisplayNameAnnotation: line}
	cmd.Example = strings.ReplaceAll(cmd.Example, "loaderline demo", line)
	cli.Complete(c, cmd)
	return cli.Execute(ctx, c, cmd, os.Args[1:])
}
