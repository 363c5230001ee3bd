package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/plural"
)

func (s Stage) title() string {
	rows := "one row"
	if s.Many {
		rows = "list"
	}
	by := strings.Join(s.By, ", ")
	return fmt.Sprintf("%s = %s from %s (%s) by %s", s.Name, rows, s.Source, s.Driver, by)
}

func (s Stage) details() []string {
	details := []string{
		"into " + s.Into,
		s.Cache.String(),
		s.missing() + ", failed: " + outcome(s.OnError) + s.outage(),
	}
	if s.InMemory {
		details[1] = "not cached: the rows are in memory"
	}
	if s.Preload != nil {
		when := "before the first event"
		if !s.Preload.Wait {
			when = "while events are processed"
		}
		details = append(details, fmt.Sprintf("preloaded %s, %s at most", when, plural.Count(s.Preload.MaxRows, "row")))
	}
	if s.When != "" {
		when := "when " + strings.Join(strings.Fields(s.When), " ")
		if len(s.WaitsFor) > 0 {
			when += ", after " + strings.Join(s.WaitsFor, " and ")
		}
		details = slices.Insert(details, 0, when)
	}
	return details
}

// outage is what becomes of events while the source is away, empty where they wait for it.
func (s Stage) outage() string {
	switch s.OnOutage {
	case string(pipelinefile.OnOutageDegrade):
		return ", while " + s.Source + " is away: null in out, marked"
	case string(pipelinefile.OnOutageDeadLetter):
		return ", while " + s.Source + " is away: dead letter"
	default:
		return ""
	}
}

func (r *Retry) names() []string {
	names := make([]string, len(r.Topics))
	for i, topic := range r.Topics {
		names[i] = topic.Topic
	}
	return names
}

func (r *Retry) String() string {
	delays := make([]string, len(r.Topics))
	for i, topic := range r.Topics {
		delays[i] = topic.Delay
	}
	text := "what may succeed later, after " + strings.Join(delays, ", then ")
	if r.Order == string(pipelinefile.RetryOrderNone) {
		return text + "; later events of its key pass it"
	}
	return text + "; later events of its key wait behind it"
}

// missing is what becomes of events for which the stage finds nothing. No rows for the key of a list are an empty list.
func (s Stage) missing() string {
	switch {
	case !s.Many:
		return "no row: " + outcome(s.OnMissing)
	case s.OnMissing == string(pipelinefile.OnMissingKeep):
		return "no row: [] in out"
	default:
		return "no row: [] in out, no key: " + outcome(s.OnMissing)
	}
}

// String says it in words, of nil too.
func (c *Cache) String() string {
	if c == nil {
		return "not cached: deduplicated and shared in flight only"
	}
	text := fmt.Sprintf("cached %s in %s", c.TTL, strings.Join(c.Tiers, ", then "))
	if c.NegativeTTL != "" {
		text += ", missing keys " + c.NegativeTTL
	}
	if c.StaleIfError != "" {
		text += ", " + c.StaleIfError + " longer while the source fails"
	}
	if c.Refresh != "" {
		text += ", loaded again after " + c.Refresh + " of it"
	}
	if len(c.InvalidatedBy) > 0 {
		text += ", invalidated by " + strings.Join(c.InvalidatedBy, ", ")
	}
	return text
}

// outcome is what a policy does, and where the record goes.
func outcome(policy string) string {
	switch policy {
	case string(pipelinefile.OnMissingDeadLetter):
		return "dead letter"
	case string(pipelinefile.OnMissingDrop):
		return "drop the event"
	case string(pipelinefile.OnMissingRetry):
		return "wait for it, then dead letter"
	default:
		return "null in out"
	}
}
