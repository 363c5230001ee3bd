package deadletter

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/dustin/go-humanize"

	"github.com/loaderline/loaderline/internal/console"
)

// WriteTable writes groups for people, one a line.
func WriteTable(to io.Writer, groups []Group) error {
	if len(groups) == 0 {
		return nil
	}
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	_, err := fmt.Fprintln(w, "COUNT\tSTATE\tKIND\tSTAGE\tFIRST SEEN\tLAST SEEN\tREDRIVEN BEFORE\tEXAMPLE\tMESSAGE")
	for _, g := range groups {
		if err != nil {
			break
		}
		stage := g.Stage
		if stage == "" {
			stage = "-"
		}
		_, err = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", humanize.Comma(g.Count), g.State, console.Visible(g.Kind), console.Visible(stage),
			moment(g.FirstSeen), moment(g.LastSeen), humanize.Comma(g.Redriven), g.Example, console.Visible(g.Message))
	}
	if err != nil {
		return err
	}
	return w.Flush()
}

// WriteGroups writes groups as lines of JSON.
func WriteGroups(to io.Writer, groups []Group) error {
	e := console.NewEncoder(to)
	for _, g := range groups {
		if err := e.Encode(g); err != nil {
			return fmt.Errorf("write a group as JSON: %w", err)
		}
	}
	return nil
}
