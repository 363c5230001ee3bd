package cli

import (
	"regexp"
	"strings"

	"github.com/spf13/cobra"
)

// HelpWidth is the width of a terminal that nobody has made wider.
const HelpWidth = 80

var paragraphs = regexp.MustCompile(`\n\s*\n`)

// fitting makes the help of all commands fit a terminal.
func fitting(root *cobra.Command) {
	for _, flags := range []string{"LocalFlags", "InheritedFlags"} {
		root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), "."+flags+".FlagUsages ", "."+flags+".FlagUsagesWrapped 80 "))
	}
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		cmd.Long = refill(cmd.Long)
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(root)
}

// refill breaks the lines of each paragraph anew. A paragraph with lines that are indented, or are a list, stays as it is.
func refill(text string) string {
	all := paragraphs.Split(text, -1)
	for i, paragraph := range all {
		if strings.Contains(paragraph, "\n ") || strings.Contains(paragraph, "\n- ") || strings.HasPrefix(paragraph, " ") {
			continue
		}
		var b strings.Builder
		width := 0
		for word := range strings.FieldsSeq(paragraph) {
			n := len([]rune(word))
			switch {
			case width > 0 && width+1+n > HelpWidth:
				b.WriteByte('\n')
				width = 0
			case width > 0:
				b.WriteByte(' ')
				width++
			}
			b.WriteString(word)
			width += n
		}
		all[i] = b.String()
	}
	return strings.Join(all, "\n\n")
}
