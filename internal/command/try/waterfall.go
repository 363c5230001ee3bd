package try

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/unrequested"
)

// width is that of a terminal nobody has made larger.
const width = 80

// Waterfall is the report as lines of text: the outcome, and the stages over time.
func (r *Report) Waterfall(colors console.Palette) string {
	var b strings.Builder
	b.WriteString(r.paint(colors, r.Summary()) + "\n")
	if r.Degraded != "" {
		b.WriteString(colors.Notable("degraded: "+r.Degraded) + "\n")
	}
	if len(r.Stages) == 0 {
		return b.String()
	}
	names, from, end := len("stage"), len("from"), 0.0
	for _, s := range r.Stages {
		names, from, end = max(names, len(s.Name)), max(from, len(s.origin())), max(end, s.End)
	}
	head := fmt.Sprintf("  %-*s  %-*s  %5s  %5s  %5s  %15s  ", names, "stage", from, "from", "keys", "rows", "calls", "ms")
	b.WriteString(colors.Faint(strings.TrimRight(head, " ")) + "\n")
	for _, s := range r.Stages {
		b.WriteString("  " + colors.Bold(fmt.Sprintf("%-*s", names, s.Name)))
		span := fmt.Sprintf("%.2f to %.2f", s.Start, s.End)
		bar := s.bar(colors, end, max(10, width-len(head)))
		b.WriteString(strings.TrimRight(fmt.Sprintf("  %-*s  %5d  %5d  %5d  %15s  %s", from, s.origin(), s.Keys, s.Rows, s.Calls, span, bar), " ") + "\n")
	}
	for _, s := range r.Stages {
		for _, v := range s.Versions {
			b.WriteString(colors.Faint(fmt.Sprintf("  %s: valid from %s to %s", s.Name, bound(v.From), bound(v.To))) + "\n")
		}
		if s.LeftOut > 0 {
			b.WriteString(colors.Notable(fmt.Sprintf("warning: stage %s: %s (%d)", s.Name, unrequested.Rows, s.LeftOut)) + "\n")
		}
	}
	return b.String()
}

// bound is a time at which a version begins or ends; nil is open.
func bound(t *time.Time) string {
	if t == nil {
		return "..."
	}
	return t.Format(time.RFC3339Nano)
}

func (r *Report) paint(colors console.Palette, text string) string {
	switch r.Outcome {
	case Enriched:
		return colors.Good(text)
	case DeadLetter:
		return colors.Bad(text)
	default:
		return colors.Notable(text)
	}
}

// origin says what answered, and how.
func (s Stage) origin() string {
	text := strings.Join(s.From, "+")
	switch {
	case s.Skipped:
		text = "left out"
	case text == "":
		text = "no key"
	}
	if age := max(s.Age, s.Stale); age > 0 {
		text += ", " + strconv.Itoa(int(age)) + "s old"
	}
	if s.Failed > 0 {
		text += ", failed"
	}
	return text
}

// bar shows from when to when the stage ran, where cells are the time up to the last stage's end.
func (s Stage) bar(colors console.Palette, end float64, cells int) string {
	if end == 0 || s.Keys == 0 {
		return ""
	}
	from := min(int(s.Start/end*float64(cells)), cells-1)
	to := min(max(int(s.End/end*float64(cells)), from+1), cells)
	bar := strings.Repeat("█", to-from)
	switch {
	case s.Failed > 0:
		bar = colors.Bad(bar)
	case s.Calls == 0:
		bar = colors.Good(bar)
	}
	return strings.Repeat(" ", from) + bar
}
