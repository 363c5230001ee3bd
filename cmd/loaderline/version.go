package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/cli"
	"github.com/loaderline/loaderline/internal/console"
)

// build is what this program was built from.
type build struct {
	Version string `json:"version"`
	Commit  string `json:"commit"` // empty where the build does not know it
	Go      string `json:"go"`
}

func newVersion(c *console.Console) *cobra.Command {
	format := cli.Choice{Value: "text", Of: []string{"text", "json"}}
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Example: "  loaderline version --format json",
		Args:    cli.NoArguments,
		RunE: func(*cobra.Command, []string) error {
			b := thisBuild()
			if format.Value == "json" {
				return console.NewEncoder(c.Out).Encode(b)
			}
			commit := ""
			if b.Commit != "" {
				commit = " commit " + b.Commit
			}
			_, err := fmt.Fprintf(c.Out, "loaderline %s%s %s\n", b.Version, commit, b.Go)
			return err
		},
	}
	cmd.Flags().Var(&format, "format", "how to write it")
	return cmd
}

func thisBuild() build {
	b := build{Version: loaderline.Version, Go: runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			b.Commit = s.Value[:min(len(s.Value), 12)]
		case s.Key == "vcs.modified" && s.Value == "true":
			b.Commit += "-modified"
		}
	}
	return b
}
