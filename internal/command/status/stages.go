package status

import (
	"fmt"

	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/figures"
)

// stages is a table of what the stages did in the last minute; empty if nothing was committed.
func stages(w figures.Window, colours console.Palette, width int) string {
	if w.Records == 0 || w.Seconds == 0 {
		return ""
	}
	rows := [][]string{{"STAGE", "KEYS/S", "CACHED", "LOADED/S", "CALLS/S", "KEYS/CALL", "MS/CALL", "TIME"}}
	for i := range w.Stages {
		s := &w.Stages[i]
		loaded := s.Requested()
		rows = append(rows, []string{
			s.Stage, rate(float64(s.Keys) / w.Seconds), ratio(float64(s.Hits+s.Negative), s.Keys), rate(float64(loaded) / w.Seconds),
			rate(float64(s.Calls) / w.Seconds), quotient(float64(loaded), s.Calls), quotient(1000*s.CallSeconds, s.Calls), percent(s.Share),
		})
	}
	busy := w.Busy()
	rest := 1.0
	for i := range w.Stages {
		rest -= w.Stages[i].Share
	}
	text := table(colours, width, rows)
	if busy > 0 {
		commit := w.Commit / busy
		text += colours.Faint(fmt.Sprintf("TIME is the share of the time of transactions in the last %.0f s; commits take %s, the rest %s\n", w.Seconds, percent(commit), percent(max(rest-commit, 0))))
	}
	return text + "\n"
}

// ratio is a part of keys in percent.
func ratio(part float64, keys int) string {
	if keys == 0 {
		return "-"
	}
	return percent(part / float64(keys))
}

// quotient is what there was for each call.
func quotient(of float64, calls int) string {
	if calls == 0 {
		return "-"
	}
	return rate(of / float64(calls))
}

func percent(share float64) string { return fmt.Sprintf("%.0f%%", 100*share) }
