package plan

import (
	"fmt"
	"strings"

	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/plural"
)

// Tree is the plan as lines of text.
func (p Plan) Tree(colors console.Palette) string {
	t := tree{Plan: p, colors: colors}
	t.line("", colors.Faint("pipeline ")+colors.Bold(p.Pipeline))
	t.line("", "")
	t.labelled("in", strings.Join(p.Input.Topics, ", "), p.Input.String())
	indent := strings.Repeat(" ", label)
	t.wrapped(indent, indent, p.Input.formats())
	if p.Input.Where != "" {
		t.wrapped(indent, indent+"  ", "only if "+p.Input.Where)
	}
	t.line("", "event")
	t.branch(-1, "")
	t.labelled("out", p.Output.Topic, p.Output.String())
	for _, r := range p.Output.Routes {
		t.wrapped(strings.Repeat(" ", label), strings.Repeat(" ", label+2), r.String())
	}
	if t.Retry != nil {
		t.labelled("retry", strings.Join(t.Retry.names(), ", "), t.Retry.String())
	}
	t.labelled("dead", p.DeadLetter.Topic, p.reasons())
	t.calls()
	t.limits()
	if t.Memory != nil {
		t.wrapped("memory  ", strings.Repeat(" ", len("memory  ")), t.Memory.text(t.Workers))
	}
	return t.String()
}

// tree writes a Plan.
type tree struct {
	Plan
	strings.Builder

	colors console.Palette
}

func (t *tree) line(lead, text string) {
	t.WriteString(strings.TrimRight(t.colors.Faint(lead)+text, " ") + "\n")
}

// wrapped writes a text on as many lines as it takes; below is the lead of all but the first.
func (t *tree) wrapped(lead, below, text string) {
	for _, line := range wrap(text, width-len([]rune(lead))) {
		t.line(lead, line)
		lead = below
	}
}

const label = 6 // characters

func (t *tree) labelled(name, topic, details string) {
	t.line(fmt.Sprintf("%-*s", label, name), t.colors.Bold(topic))
	t.wrapped(strings.Repeat(" ", label), strings.Repeat(" ", label), details)
}

// branch writes the stages whose keys come from a stage, and theirs.
func (t *tree) branch(root int, indent string) {
	var of []int
	for i, s := range t.Stages {
		if s.root == root {
			of = append(of, i)
		}
	}
	for n, i := range of {
		knot, below := "├─ ", "│  "
		if n == len(of)-1 {
			knot, below = "└─ ", "   "
		}
		s := t.Stages[i]
		stem := "   "
		for _, other := range t.Stages {
			if other.root == i {
				stem = "│  "
			}
		}
		title := wrap(s.title(), width-len([]rune(indent+knot)))
		t.line(indent+knot, t.colors.Bold(s.Name)+strings.TrimPrefix(title[0], s.Name))
		for _, more := range title[1:] {
			t.line(indent+below+stem, more)
		}
		for _, detail := range s.details() {
			t.wrapped(indent+below+stem, indent+below+stem+"  ", detail)
		}
		t.branch(i, indent+below)
	}
}

// reasons are what makes dead letters of this plan.
func (p Plan) reasons() string {
	reasons := []string{p.Input.unreadable()}
	var missing, failed, away []string
	for _, s := range p.Stages {
		if s.OnMissing == string(pipelinefile.OnMissingDeadLetter) || s.OnMissing == string(pipelinefile.OnMissingRetry) {
			name := s.Name
			if s.Many {
				name = "key for " + name
			}
			missing = append(missing, name)
		}
		if s.OnError == string(pipelinefile.OnErrorDeadLetter) {
			failed = append(failed, s.Name)
		}
		if s.OnOutage == string(pipelinefile.OnOutageDeadLetter) {
			away = append(away, s.Name)
		}
	}
	if len(missing) > 0 {
		reasons = append(reasons, "no "+strings.Join(missing, ", no "))
	}
	if len(failed) > 0 {
		reasons = append(reasons, "a key or lookup that fails in "+strings.Join(failed, ", "))
	}
	if len(away) > 0 {
		reasons = append(reasons, "an outage of the source of "+strings.Join(away, ", "))
	}
	return strings.Join(append(reasons, "what is too large"), "; ")
}

// calls writes which stages run side by side, and what each of them asks.
func (t *tree) calls() {
	trips := "1 round trip"
	if n := len(t.Batch.RoundTrips); n > 1 {
		trips = plural.Count(n, "round trip") + ", the stages of each side by side"
	}
	t.line("", "")
	t.wrapped("calls ", strings.Repeat(" ", label),
		fmt.Sprintf("for %s with nothing cached: %s", plural.Count(t.Batch.MaxRecords, "event"), trips))
	names := 0
	for _, s := range t.Stages {
		names = max(names, len(s.Name))
	}
	for i := range t.Batch.RoundTrips {
		lead := fmt.Sprintf("%*d  ", label-2, i+1)
		for _, s := range t.Stages {
			if s.Calls.RoundTrip != i+1 {
				continue
			}
			name := fmt.Sprintf("%-*s  ", names, s.Name)
			lines := wrap(s.Calls.String(), width-label-len(name))
			t.line(lead, t.colors.Bold(name)+lines[0])
			lead = strings.Repeat(" ", label)
			for _, more := range lines[1:] {
				t.line(lead+strings.Repeat(" ", len(name)), more)
			}
		}
	}
}

// String says it in words.
func (c Calls) String() string {
	var text string
	switch {
	case c.Max == nil:
		text = fmt.Sprintf("one call per %s", plural.Count(c.KeysACall, "key"))
	case *c.Max == 0:
		text = "no call: the rows are in memory"
	case *c.Max == 1:
		text = "1 call"
	default:
		text = fmt.Sprintf("%s at most, for %s", plural.Count(*c.Max, "call"), plural.Count(*c.MaxKeys, "key"))
	}
	if len(c.With) > 0 {
		text += ", shared with " + strings.Join(c.With, ", ")
	}
	if len(c.Reuses) > 0 {
		text += "; what was loaded for " + strings.Join(c.Reuses, ", ") + " is not asked for again"
	}
	return text
}

// limits writes what the stages at each source share.
func (t *tree) limits() {
	t.line("", "")
	lead := "limits  "
	for _, s := range t.Sources {
		stages := strings.Join(s.Stages, ", ")
		if len(s.Stages) == 0 {
			stages = "no stage"
		}
		text := fmt.Sprintf("%s: %s at once, up to %s and %s each", s.Name, plural.Count(s.MaxCalls, "call"), plural.Count(s.MaxKeys, "key"), s.Timeout)
		if s.InMemory {
			text = s.Name + ": rows in memory"
		}
		if s.Rate != nil {
			text += fmt.Sprintf(", at most %s in %s", plural.Count(s.Rate.Calls, "call"), s.Rate.Per)
			if s.Rate.Burst > 1 {
				text += fmt.Sprintf(" with bursts of %d", s.Rate.Burst)
			}
		}
		text += fmt.Sprintf(", for %s over %s", stages, plural.Count(t.Workers, "worker"))
		if s.Breaker != nil {
			text += fmt.Sprintf("; breaker opens for %s after %s in a row", s.Breaker.Delay, plural.Count(s.Breaker.Failures, "failed call"))
		}
		t.wrapped(lead, strings.Repeat(" ", len(lead)), text)
		lead = strings.Repeat(" ", len(lead))
	}
}

// width is that of a terminal nobody has made larger.
const width = 80

// wrap splits a text between words into lines that fit, if its words do.
func wrap(text string, width int) []string {
	var lines []string
	for text != "" {
		end := len(text)
		if end > width {
			end = strings.LastIndexByte(text[:width+1], ' ')
			if end <= 0 {
				if end = strings.IndexByte(text, ' '); end < 0 {
					end = len(text)
				}
			}
		}
		lines = append(lines, text[:end])
		text = strings.TrimLeft(text[end:], " ")
	}
	return lines
}

func words(name string) string { return strings.ReplaceAll(name, "_", " ") }

var shapes = map[string]string{
	string(pipelinefile.ShapeNest):  "the event in its own field",
	string(pipelinefile.ShapeMerge): "stages beside the event's fields",
}
