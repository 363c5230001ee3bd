// Package verdict says in a sentence or two how a run is doing: whether it keeps up, what it waits for, and which step takes the time. It says
// only what counters prove.
package verdict

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize/english"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/backlog"
	"github.com/loaderline/loaderline/internal/figures"
	"github.com/loaderline/loaderline/internal/plural"
)

// State is a kind of verdict.
type State string

// The states of a run.
const (
	Starting      State = "starting"       // it waits for what it needs before the first record
	Draining      State = "draining"       // it ends
	Stalled       State = "stalled"        // records wait, and nothing was committed for a while
	Waiting       State = "waiting"        // a source does not answer, and nothing is committed
	Unknown       State = "unknown"        // Kafka has not said yet how far the group is
	Idle          State = "idle"           // no record waits
	KeepingUp     State = "keeping_up"     // records come and are processed within seconds
	CatchingUp    State = "catching_up"    // records wait, and become fewer
	FallingBehind State = "falling_behind" // records wait, and do not become fewer
)

// Verdict says how a run is doing. It has no address, payload or key.
type Verdict struct {
	State State `json:"state"`
	// Text is one or two sentences.
	Text string `json:"text"`
}

// Facts are what a verdict is made of.
type Facts struct {
	Now time.Time
	// Starts says what a start waits for; empty once it waits for nothing.
	Starts string
	// Draining reports whether the run ends.
	Draining bool
	Workers  []loaderline.WorkerStatus
	Sources  []Source
	// Stall is a stall, if there is one.
	Stall *backlog.Stall
	// Lags are how far the group is behind, if Kafka has said so lately, which Answered reports.
	Lags     []backlog.Lag
	Answered bool
	// Speed is how fast that changes. It is not known unless SpeedKnown.
	Speed      backlog.Speed
	SpeedKnown bool
	LastMinute figures.Window
}

// Source is how the calls of a source go.
type Source struct {
	Name string
	// Stages are the names of its stages.
	Stages []string
	// Breaker is the state of its breaker; empty if it has none.
	Breaker string
	// FailingSince is since when its calls fail; zero if they do not.
	FailingSince time.Time
}

// prompt is how old the newest processed record may be, if more wait, of a run that keeps up.
const prompt = 5 * time.Second

// Of returns the verdict on facts.
func Of(f *Facts) Verdict {
	b, source := behind(f.Lags), f.unanswered()
	switch paused, since := f.paused(); {
	case f.Draining:
		return Verdict{Draining, "Ending: the micro-batches in progress are finished and committed."}
	case f.Starts != "":
		return Verdict{Starting, "Starting: waiting for " + f.Starts + "."}
	case paused != "" && (f.Stall == nil || f.Stall.Reason == backlog.Outage):
		return Verdict{Waiting, fmt.Sprintf("Waiting for %s since %s%s. %s", paused, clock(since), f.breaker(paused), b.kept())}
	case f.Stall != nil:
		return Verdict{Stalled, fmt.Sprintf("Standing still since %s: %s. %s", clock(f.Stall.Since), f.Stall.Text, b.kept())}
	case source != nil:
		return Verdict{Waiting, fmt.Sprintf("Waiting for %s, which has not answered since %s%s. %s", source.Name, clock(source.FailingSince), f.breaker(source.Name), b.kept())}
	case !f.Answered:
		return Verdict{Unknown, "Kafka has not said yet how far the group is."}
	case b.waiting == 0 && b.later == 0:
		return f.caughtUp()
	case b.waiting == 0:
		return Verdict{Idle, "Nothing to do until a retry is due, " + b.retries(f.Now) + "."}
	case b.seconds < prompt.Seconds():
		return f.moving(KeepingUp, "Keeping up", b)
	case f.SpeedKnown && f.Speed.Done > f.Speed.New:
		return f.moving(CatchingUp, "Catching up", b)
	case f.SpeedKnown:
		return f.moving(FallingBehind, "Falling behind", b)
	default:
		return f.moving(Unknown, "Behind", b)
	}
}

// caughtUp is the verdict if no record waits.
func (f *Facts) caughtUp() Verdict {
	if f.SpeedKnown && f.Speed.Done >= 1 {
		return Verdict{KeepingUp, fmt.Sprintf("Keeping up: %s/s done, and no record waits.", rate(f.Speed.Done))}
	}
	return Verdict{Idle, "Nothing to do: no record waits."}
}

// moving is the verdict if records wait and others are processed.
func (f *Facts) moving(state State, words string, b backlogSum) Verdict {
	text := words + ": "
	if f.SpeedKnown {
		text += fmt.Sprintf("%s/s done, %s/s new, ", rate(f.Speed.Done), rate(f.Speed.New))
	}
	text += fmt.Sprintf("%s or %s behind", plural.Count(b.waiting, "record"), seconds(b.seconds))
	if net := f.Speed.Done - f.Speed.New; state == CatchingUp {
		text += ", caught up in about " + seconds(float64(b.waiting)/net)
	}
	return Verdict{state, text + "." + f.away() + f.slowest(state)}
}

// paused returns the source that all workers with partitions wait for, and since when the first of them does. It returns nothing if a worker
// goes on.
func (f *Facts) paused() (source string, since time.Time) {
	for i := range f.Workers {
		switch w := &f.Workers[i]; {
		case w.Paused == "" && len(w.Partitions) > 0:
			return "", time.Time{}
		case w.Paused != "" && (source == "" || w.PausedSince.Before(since)):
			source, since = w.Paused, w.PausedSince
		}
	}
	return source, since
}

// away names the sources that do not answer, although the run goes on.
func (f *Facts) away() string {
	var text strings.Builder
	for _, s := range f.Sources {
		if !s.FailingSince.IsZero() {
			fmt.Fprintf(&text, " %s has not answered since %s.", s.Name, clock(s.FailingSince))
		}
	}
	return text.String()
}

// unanswered returns the source that has failed longest, if a worker has records and none has committed since then: its calls are tried again,
// and workers are not paused yet. The backlog may not show these records before the cluster is asked again.
func (f *Facts) unanswered() (first *Source) {
	for i := range f.Sources {
		if s := &f.Sources[i]; !s.FailingSince.IsZero() && (first == nil || s.FailingSince.Before(first.FailingSince)) {
			first = s
		}
	}
	busy := slices.ContainsFunc(f.Workers, func(w loaderline.WorkerStatus) bool { return !w.Busy.IsZero() })
	if first == nil || !busy || slices.ContainsFunc(f.Workers, func(w loaderline.WorkerStatus) bool { return w.Committed.After(first.FailingSince) }) {
		return nil
	}
	return first
}

// breaker says whether the breaker of a source keeps calls from it.
func (f *Facts) breaker(source string) string {
	for _, s := range f.Sources {
		if s.Name == source && s.Breaker == "open" {
			return ", and its breaker is open"
		}
	}
	return ""
}

// backlogSum adds up lags.
type backlogSum struct {
	waiting int64   // offsets in partitions where records wait
	seconds float64 // of the partition that is most behind
	later   int64   // offsets in partitions of retry topics that wait for their time
	due     time.Time
}

func behind(lags []backlog.Lag) (b backlogSum) {
	b.later, b.due = backlog.Retries(lags)
	for i := range lags {
		if l := &lags[i]; l.Waiting && !l.Later {
			b.waiting += l.End - l.Committed
			b.seconds = max(b.seconds, l.Seconds)
		}
	}
	return b
}

// kept says that what waits is not lost.
func (b *backlogSum) kept() string {
	if n := b.waiting + b.later; n > 0 {
		return fmt.Sprintf("Nothing is lost: %s %s.", plural.Count(n, "record"), english.PluralWord(int(n), "waits", "wait"))
	}
	return "Nothing is lost."
}

// retries says when the next retry is due.
func (b *backlogSum) retries(now time.Time) string {
	return fmt.Sprintf("in %s; %s in retry topics", seconds(b.due.Sub(now).Seconds()), english.PluralWord(int(b.later), "1 record waits", plural.Count(b.later, "record")+" wait"))
}
