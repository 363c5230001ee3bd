package deadletter

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/dustin/go-humanize"

	"github.com/loaderline/loaderline/internal/console"
)

// WriteTable writes groups for people, one a line. Where these are wider than width, which is not 0, it leaves out two
// columns and writes each message on its own line.
func WriteTable(to io.Writer, groups []Group, width int) error {
	if len(groups) == 0 {
		return nil
	}
	rows := [][]string{{"COUNT", "STATE", "KIND", "STAGE", "FIRST SEEN", "LAST SEEN", "REDRIVEN BEFORE", "EXAMPLE", "MESSAGE"}}
	for _, g := range groups {
		rows = append(rows, []string{
			humanize.Comma(g.Count), string(g.State), console.Visible(g.Kind), cmp.Or(console.Visible(g.Stage), "-"),
			moment(g.FirstSeen), moment(g.LastSeen), humanize.Comma(g.Redriven), g.Example.String(), console.Visible(g.Message),
		})
	}
	text := console.Table(rows, 0)
	for line := range strings.Lines(text) {
		if width > 0 && utf8.RuneCountInString(line) > width+1 { // It ends with a newline.
			text = narrowTable(rows, width)
			break
		}
	}
	_, err := io.WriteString(to, text)
	return err
}

// narrowTable has the message below each row, and neither FIRST SEEN nor REDRIVEN BEFORE.
func narrowTable(rows [][]string, width int) string {
	const indent = "  "
	var some [][]string
	for _, row := range rows {
		some = append(some, []string{row[0], row[1], row[2], row[3], row[5], row[7]})
	}
	lines := strings.Split(console.Table(some, width), "\n")
	var b strings.Builder
	for i, row := range rows {
		b.WriteString(lines[i] + "\n" + indent + console.Elide(row[8], width-len(indent)) + "\n")
	}
	return b.String() + "(--format json shows all)\n"
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
