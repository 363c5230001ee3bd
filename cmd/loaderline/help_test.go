package main

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/loaderline/loaderline/internal/cli"
	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/sink"
)

// commands returns the root command and all below it.
func commands() []*cobra.Command {
	root := newRoot(&console.Console{})
	root.InitDefaultHelpCmd()
	all := []*cobra.Command{root}
	for i := 0; i < len(all); i++ {
		all = append(all, all[i].Commands()...)
	}
	return all
}

// All help fits a terminal of 80 columns, the flags with their defaults too.
func TestHelpFits(t *testing.T) {
	for _, cmd := range commands() {
		cmd.InitDefaultHelpFlag()
		for _, text := range []string{cmd.Long, cmd.Short, cmd.Example, cmd.UsageString()} {
			for line := range strings.Lines(text) {
				if line = strings.TrimRight(line, "\n"); utf8.RuneCountInString(line) > cli.HelpWidth {
					t.Errorf("%s: %d columns: %s", cmd.CommandPath(), utf8.RuneCountInString(line), line)
				}
			}
		}
	}
}

var headerName = regexp.MustCompile(`header (loaderline\.[a-z_.]*[a-z])`)

// The help names no header that records do not have.
func TestHelpNamesHeaders(t *testing.T) {
	named := 0
	for _, cmd := range commands() {
		for _, found := range headerName.FindAllStringSubmatch(strings.ReplaceAll(cmd.Long, "\n", " "), -1) {
			if named++; found[1] != sink.HeaderReplay {
				t.Errorf("%s: records have no header %s", cmd.CommandPath(), found[1])
			}
		}
	}
	if named == 0 {
		t.Error("no help names a header")
	}
}
