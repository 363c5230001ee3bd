package status

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/loaderline/loaderline/internal/admin"
	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/internal/verdict"
)

// Text returns a report for people: two tables that are at most width wide, where 0 means any width, and a summary.
func (r Report) Text(colours console.Palette, width int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: group %s %s\n", colours.Bold(r.Pipeline), r.Group, r.state(colours))
	if r.Process != nil && r.Process.Verdict.Text != "" {
		b.WriteString(colour(r.Process.Verdict.State, colours)(r.Process.Verdict.Text) + "\n")
	}
	if len(r.Members) > 0 {
		rows := [][]string{{"MEMBER", "HOST", "PARTITIONS"}}
		members := map[string]int{}
		for _, m := range r.Members {
			members[m.Instance]++
		}
		for _, m := range r.Members {
			rows = append(rows, []string{m.name(members[m.Instance] == 1), m.Host, m.assigned()})
		}
		b.WriteString("\n" + table(colours, width, rows))
	}
	rows := [][]string{{"PARTITION", "COMMITTED", "END", "LAG", "BEHIND"}}
	for _, p := range r.Partitions {
		committed := "none"
		if p.Committed != nil {
			committed = humanize.Comma(*p.Committed)
		}
		rows = append(rows, []string{
			p.Topic + " " + strconv.Itoa(p.Partition), committed, humanize.Comma(p.End), humanize.Comma(p.Lag), behind(p.Lag, p.LagSeconds),
		})
	}
	b.WriteString("\n" + table(colours, width, rows) + "\n")
	if r.Process != nil {
		b.WriteString(stages(r.Process.LastMinute, colours, width))
	}
	b.WriteString("lag           " + r.lag(colours) + "\n")
	if r.Speed != nil {
		b.WriteString("speed         " + r.Speed.text(r.Lag, r.goesOn(), colours) + "\n")
	}
	if r.Process != nil && r.Process.Retries != nil {
		retries := r.Process.Retries
		fmt.Fprintf(&b, "retries       %s not due yet, the next in %s\n", plural.Count(retries.Waiting, "record"), duration(max(retries.NextDue.Sub(r.at).Seconds(), 0)))
	}
	for _, t := range r.OpenTransactions {
		fmt.Fprintf(&b, "waits for     %s\n              if its producer no longer runs: %s\n", colours.Bad(t.String()), t.Command)
	}
	fmt.Fprintf(&b, "dead letters  %s in %s\n", r.DeadLetters.text(colours), r.DeadLetters.Topic)
	if r.Process != nil {
		b.WriteString("process       " + process(*r.Process, colours) + "\n")
	}
	return b.String()
}

// colour is that of a verdict.
func colour(s verdict.State, colours console.Palette) func(string) string {
	switch s {
	case verdict.Idle, verdict.KeepingUp, verdict.CatchingUp:
		return colours.Good
	case verdict.Stalled, verdict.Waiting, verdict.FallingBehind:
		return colours.Bad
	default:
		return colours.Notable
	}
}

func (r Report) state(colours console.Palette) string {
	members := ", " + plural.Count(len(r.Members), "member")
	switch r.State {
	case Absent:
		return "is not there: " + colours.Notable("nobody has run the pipeline yet")
	case "Empty":
		return "is empty: " + colours.Bad("nobody runs the pipeline")
	case "Stable":
		return "is " + colours.Good("stable") + members
	default:
		return "is " + colours.Notable("rebalancing") + " (" + r.State + ")" + members
	}
}

// shownID is how much of a member's ID tells it from others.
const shownID = 8

// name tells a member from the others of its process.
func (m Member) name(alone bool) string {
	if m.Worker == nil && alone {
		return m.Instance
	}
	if m.Worker == nil {
		_, id, _ := strings.Cut(m.ID, m.Instance+"-")
		return strings.TrimSpace(m.Instance + " " + id[:min(len(id), shownID)])
	}
	return m.Instance + " worker " + strconv.Itoa(*m.Worker)
}

func (m Member) assigned() string {
	if len(m.Assigned) == 0 {
		return "none"
	}
	var all []string
	for _, topic := range slices.Sorted(maps.Keys(m.Assigned)) {
		parts := []string{topic}
		for _, p := range m.Assigned[topic] {
			parts = append(parts, strconv.Itoa(p))
		}
		all = append(all, strings.Join(parts, " "))
	}
	return strings.Join(all, ", ")
}

// behind is the age of what waits.
func behind(lag int64, seconds *float64) string {
	switch {
	case lag == 0:
		return "-"
	case seconds == nil:
		return "not known"
	default:
		return duration(*seconds)
	}
}

// duration rounds to what matters.
func duration(seconds float64) string {
	if seconds > float64(1000*time.Hour/time.Second) {
		return humanize.CommafWithDigits(seconds/86400, 0) + " days"
	}
	d := time.Duration(seconds * float64(time.Second))
	if d < 10*time.Second {
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

func (r Report) lag(colours console.Palette) string {
	if r.Lag == 0 {
		return colours.Good("none")
	}
	text := plural.Count(r.Lag, "record")
	if r.LagSeconds != nil {
		text += ", the oldest " + duration(*r.LagSeconds) + " old"
	}
	return text
}

// goesOn reports whether a process responds and knows of no reason to wait.
func (r Report) goesOn() bool {
	return r.Process != nil && r.Process.Stalled == nil && len(r.OpenTransactions) == 0
}

func (s Speed) text(lag int64, goesOn bool, colours console.Palette) string {
	text := fmt.Sprintf("%s records/s done, %s/s new", rate(s.Done), rate(s.Arrived))
	switch {
	case lag == 0:
		return text
	case s.CaughtUpIn != nil:
		return text + ": caught up in " + duration(*s.CaughtUpIn)
	case s.Done == 0 && goesOn:
		return text + ": nothing was committed meanwhile"
	case s.Done == 0:
		return text + ": " + colours.Bad("it stands still")
	default:
		return text + ": " + colours.Bad("it falls behind")
	}
}

func (d DeadLetters) text(colours console.Palette) string {
	switch {
	case d.AtMost == 0, d.Open != nil && *d.Open == 0:
		return "none"
	case d.Open != nil:
		return colours.Notable(humanize.Comma(*d.Open))
	default:
		return colours.Notable("about "+humanize.Comma(d.AtMost)) + ", markers of transactions included,"
	}
}

// rate has a digit after the point where that says something.
func rate(perSecond float64) string { return humanize.Commaf(math.Round(perSecond*10) / 10) }

// process says what a process waits for.
func process(s admin.Status, colours console.Palette) string {
	var waits []string
	for _, w := range s.Workers {
		switch {
		case w.Paused != "":
			waits = append(waits, fmt.Sprintf("worker %d waits for %s", w.Worker, w.Paused))
		case !w.Joined:
			waits = append(waits, fmt.Sprintf("worker %d is not in the group", w.Worker))
		case w.SlowBytes > 0:
			waits = append(waits, fmt.Sprintf("the brokers take %d bytes/s of worker %d", w.SlowBytes, w.Worker))
		}
	}
	for _, source := range s.Sources {
		if source.FailingSince != nil {
			waits = append(waits, fmt.Sprintf("it retries %s since %s", source.Name, source.FailingSince.Local().Format(time.TimeOnly)))
		}
		if source.Breaker != "" && source.Breaker != "closed" {
			waits = append(waits, fmt.Sprintf("the breaker of %s is %s", source.Name, strings.ReplaceAll(source.Breaker, "_", " ")))
		}
		if t := source.Table; t != nil && !t.Complete {
			waits = append(waits, fmt.Sprintf("it reads the table of %s, %d of %s to go", source.Name, t.Left, plural.Count(int(t.Total), "record")))
		}
		if f := source.File; f != nil && f.Refused != "" {
			waits = append(waits, fmt.Sprintf("%s keeps the rows of before: %s", source.Name, f.Refused))
		}
	}
	text := fmt.Sprintf("%s on this machine, %s: ", s.Instance, plural.Count(len(s.Workers), "worker"))
	if len(waits) == 0 {
		return text + colours.Good("waiting for nothing")
	}
	return text + colours.Bad(strings.Join(waits, ", "))
}

// table aligns rows. The first one is the head.
func table(colours console.Palette, width int, rows [][]string) string {
	head, rest, _ := strings.Cut(console.Table(rows, width), "\n")
	return colours.Faint(head) + "\n" + rest
}
