package pipelinetest

import (
	"fmt"
	"strings"

	"github.com/loaderline/loaderline/internal/console"
)

// maxInput is how much of an event is shown beside what became of it, in characters.
const maxInput = 60

// Text is the result as lines of text.
func (r Result) Text(colors console.Palette) string {
	if r.Passed {
		return fmt.Sprintf("%s  %s %s\n", colors.Good("ok    "), r.Test, colors.Faint(fmt.Sprintf("(%.0f ms)", r.Millis)))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s %s\n", colors.Bad("failed"), colors.Bold(r.Test), colors.Faint(fmt.Sprintf("(%s:%d)", r.File, r.Line)))
	for line := range strings.Lines(r.details("        ")) {
		switch text := strings.TrimSpace(line); {
		case strings.HasPrefix(text, "-"):
			line = colors.Bad(strings.TrimSuffix(line, "\n")) + "\n"
		case strings.HasPrefix(text, "+"):
			line = colors.Good(strings.TrimSuffix(line, "\n")) + "\n"
		}
		b.WriteString(line)
	}
	return b.String()
}

// details are the failures, each line after an indent.
func (r Result) details(indent string) string {
	var b strings.Builder
	for _, f := range r.Failures {
		if f.Event == 0 {
			fmt.Fprintf(&b, "%s%s\n", indent, f.Text)
			continue
		}
		input := []rune(f.Input)
		if len(input) > maxInput {
			input = append(input[:maxInput], []rune("...")...)
		}
		fmt.Fprintf(&b, "%sevent %d %s (-want +got)\n", indent, f.Event, string(input))
		for line := range strings.Lines(f.Text) {
			fmt.Fprintf(&b, "%s  %s\n", indent, strings.TrimSuffix(line, "\n"))
		}
	}
	return b.String()
}
