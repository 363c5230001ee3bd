package verdict

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/loaderline/loaderline/internal/figures"
)

const (
	// muchTime is the share of the time of transactions that makes a step worth naming.
	muchTime = 0.4
	// fewKeys is how many keys a bulk call has at most to be called small.
	fewKeys = 10
	// muchRateWait is the share of the last minute for which calls wait for a rate limit that is worth naming.
	muchRateWait = 0.2
)

// slowest is a sentence about the step that takes most of the time, if one does. A run that keeps up needs none.
func (f *Facts) slowest(state State) string {
	w := &f.LastMinute
	busy := w.Busy()
	if state == KeepingUp || busy == 0 {
		return ""
	}
	var most *figures.Stage
	for i := range w.Stages {
		if s := &w.Stages[i]; most == nil || s.Share > most.Share {
			most = s
		}
	}
	commit, encode := w.Commit/busy, w.Encode/busy
	switch {
	case most != nil && most.Share >= max(commit, encode, muchTime):
		return f.stage(most)
	case commit >= max(encode, muchTime):
		return fmt.Sprintf(" Publishing and committing takes %s of the time.", percent(commit))
	case encode >= muchTime:
		return fmt.Sprintf(" Making the output records takes %s of the time.", percent(encode))
	}
	return ""
}

// stage is a sentence about the stage that takes most of the time, and why.
func (f *Facts) stage(s *figures.Stage) string {
	text := fmt.Sprintf(" %s takes %s of the time", s.Stage, percent(s.Share))
	if s.Calls == 0 {
		return text + "."
	}
	per := func(n int) string { return rate(float64(n) / f.LastMinute.Seconds) }
	asked := s.Requested()
	text += fmt.Sprintf(": it loads %s keys/s in %s calls/s of %s", per(asked), per(s.Calls), milliseconds(s.CallSeconds/float64(s.Calls)))
	for _, source := range f.Sources {
		if slices.Contains(source.Stages, s.Stage) && f.LastMinute.RateWaits[source.Name] >= muchRateWait*f.LastMinute.Seconds {
			return text + fmt.Sprintf(", and its calls wait for the rate limit of %s.", source.Name)
		}
	}
	if asked <= fewKeys*s.Calls {
		return text + fmt.Sprintf(", few keys at a time (%s on average).", rate(float64(asked)/float64(s.Calls)))
	}
	return text + "."
}

func percent(share float64) string { return fmt.Sprintf("%.0f %%", 100*min(share, 1)) }

// rate has a digit after the point if it is small.
func rate(perSecond float64) string {
	if perSecond >= 100 {
		return humanize.Comma(int64(math.Round(perSecond)))
	}
	return humanize.Commaf(math.Round(perSecond*10) / 10)
}

func milliseconds(s float64) string {
	if s < 0.01 {
		return fmt.Sprintf("%.1f ms", 1000*s)
	}
	return fmt.Sprintf("%.0f ms", 1000*s)
}

// seconds is a duration as people say it.
func seconds(s float64) string {
	d := time.Duration(max(s, 0) * float64(time.Second))
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f minutes", d.Minutes())
	default:
		return fmt.Sprintf("%.0f hours", d.Hours())
	}
}

// clock is a time as it is in the texts of other tools.
func clock(t time.Time) string { return t.UTC().Format(time.RFC3339) }
