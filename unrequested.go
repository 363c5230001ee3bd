package loaderline

import (
	"context"
	"log/slog"
	"time"

	"github.com/loaderline/loaderline/internal/unrequested"
	"github.com/loaderline/loaderline/stages"
)

// unrequestedEvery is the shortest time between two warnings about a stage.
const unrequestedEvery = time.Minute

// unrequestedRows is the message of the log, in the words of try and check.
const unrequestedRows = unrequested.Rows

// unrequestedRowWarner warns of sources that return rows for keys that were not requested. Their query does not do what its
// author thinks, or its key column is not the column that it compares.
type unrequestedRowWarner struct {
	warned map[string]time.Time // by stage
}

func (u *unrequestedRowWarner) warn(ctx context.Context, log *slog.Logger, all []stages.StageStats) {
	for _, s := range all {
		if s.Extra == 0 || time.Since(u.warned[s.Stage]) < unrequestedEvery {
			continue
		}
		if u.warned == nil {
			u.warned = map[string]time.Time{}
		}
		u.warned[s.Stage] = time.Now()
		log.LogAttrs(ctx, slog.LevelWarn, unrequestedRows,
			slog.String("stage", s.Stage), slog.Int("rows", s.Extra))
	}
}
