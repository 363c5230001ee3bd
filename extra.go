package loaderline

import (
	"context"
	"log/slog"
	"time"

	"github.com/loaderline/loaderline/stages"
)

// extraEvery is how often a stage is warned about at most.
const extraEvery = time.Minute

// leftOut is the message of the log, in the words of try and check.
const leftOut = stages.ExtraRows

// extraRows warns of sources that return rows for keys that nobody asked for. Their query does not do what its author
// thinks, or its key column is not the column that it compares.
type extraRows struct {
	warned map[string]time.Time // by stage
}

func (e *extraRows) warn(ctx context.Context, log *slog.Logger, all []stages.StageStats) {
	for _, s := range all {
		if s.Calls.Extra == 0 || time.Since(e.warned[s.Stage]) < extraEvery {
			continue
		}
		if e.warned == nil {
			e.warned = map[string]time.Time{}
		}
		e.warned[s.Stage] = time.Now()
		log.LogAttrs(ctx, slog.LevelWarn, leftOut,
			slog.String("stage", s.Stage), slog.Int("rows", s.Calls.Extra))
	}
}
