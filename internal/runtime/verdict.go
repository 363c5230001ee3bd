package runtime

import (
	"context"
	"log/slog"
	"time"

	"github.com/loaderline/loaderline/internal/backlog"
	"github.com/loaderline/loaderline/internal/logattr"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/verdict"
)

// facts returns what is known of the run at the moment.
func (r *Run) facts(file *pipelinefile.File) verdict.Facts {
	facts := verdict.Facts{
		Now: time.Now(), Starts: r.health.Starts(), Draining: r.health.Draining(), Workers: r.status(), Stall: r.backlog.Stalled(),
		Lags: r.backlog.Lags(), Answered: r.backlog.Answered(), LastMinute: r.figures.Window(),
	}
	facts.Speed, facts.SpeedKnown = r.backlog.Speed()
	stats := r.sourceStats()
	for _, s := range file.Sources {
		source := verdict.Source{Name: s.Name, Breaker: stats[s.Name].Breaker, FailingSince: r.failing(s.Name)}
		for _, stage := range file.Stages {
			if stage.Source == s.Name {
				source.Stages = append(source.Stages, stage.Name)
			}
		}
		facts.Sources = append(facts.Sources, source)
	}
	return facts
}

// rateWaits returns how long the calls of each source have waited for its rate limit.
func (r *Run) rateWaits() map[string]time.Duration {
	waits := map[string]time.Duration{}
	for source, stats := range r.sourceStats() {
		waits[source] = stats.RateWait
	}
	return waits
}

// stallsEvery is how often the run looks for stalls to log.
const stallsEvery = 5 * time.Second

// logStalls logs when a stall begins, when its reason changes, and when it is over. Outages have lines of their own.
func (r *Run) logStalls(ctx context.Context) {
	var logged *backlog.Stall
	tick := time.NewTicker(stallsEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		stall := r.backlog.Stalled()
		if stall != nil && stall.Reason == backlog.Outage {
			stall = nil
		}
		switch {
		case stall != nil && (logged == nil || logged.Reason != stall.Reason):
			r.log.LogAttrs(ctx, slog.LevelWarn, "stalled", slog.String("reason", string(stall.Reason)), slog.String("why", stall.Text), slog.Time("since", stall.Since))
			logged = stall
		case stall == nil && logged != nil:
			r.log.LogAttrs(ctx, slog.LevelInfo, "no longer stalled", slog.String("reason", string(logged.Reason)), logattr.Seconds("seconds", time.Since(logged.Since)))
			logged = nil
		}
	}
}
