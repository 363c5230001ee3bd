package main

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/loaderline/loaderline/internal/console"
)

// All help fits a terminal of 80 columns, the flags with their defaults too.
func TestHelpFits(t *testing.T) {
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		cmd.InitDefaultHelpFlag()
		for _, text := range []string{cmd.Long, cmd.Short, cmd.Example, cmd.UsageString()} {
			for line := range strings.Lines(text) {
				if line = strings.TrimRight(line, "\n"); utf8.RuneCountInString(line) > helpWidth {
					t.Errorf("%s: %d columns: %s", cmd.CommandPath(), utf8.RuneCountInString(line), line)
				}
			}
		}
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	root := newRoot(&console.Console{})
	root.InitDefaultHelpCmd()
	walk(root)
}
