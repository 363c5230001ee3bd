package runtime

import (
	"context"

	"github.com/loaderline/loaderline/internal/admin"
	"github.com/loaderline/loaderline/internal/invalidation"
	"github.com/loaderline/loaderline/internal/metrics"
	"github.com/loaderline/loaderline/internal/pipelinefile"
)

// Invalidator is what invalidates the run's cache; nil before Opened.
func (r *Run) Invalidator() *invalidation.Invalidator { return r.invalidator.Load() }

// Following notes what reads the run's change topics. The run is not ready while waiting says what is waited for.
func (r *Run) Following(reader *invalidation.Reader, waiting func() string) {
	r.reader.Store(reader)
	r.following.Store(&waiting)
}

// changes is what metrics ask for.
func (r *Run) changes(file *pipelinefile.Invalidate) metrics.Changes {
	changes := metrics.Changes{
		Counts: func() invalidation.Counts {
			if v := r.invalidator.Load(); v != nil {
				return v.Counts()
			}
			return invalidation.Counts{}
		},
		Status: func() invalidation.Status {
			if reader := r.reader.Load(); reader != nil {
				return reader.Status()
			}
			return invalidation.Status{Waiting: true}
		},
	}
	if file != nil {
		changes.Topics = file.Topics()
	}
	return changes
}

// invalidate lets all instances know of a command by the topic for that, or only this one where there is none.
func (r *Run) invalidate(cfg Config) admin.Invalidate {
	return func(ctx context.Context, c invalidation.Command) (string, error) {
		v := r.invalidator.Load()
		if v == nil {
			return "", admin.ErrStarting
		}
		if topic := cfg.File.Cache.Invalidate.CommandTopic(); topic != "" {
			if err := v.Check(c); err != nil {
				return "", err
			}
			c.Pipeline = cfg.File.Name
			return admin.AllInstances, invalidation.Publish(ctx, cfg.Kafka, topic, c)
		}
		r.closing.RLock()
		defer r.closing.RUnlock()
		if r.closing.now {
			return "", admin.ErrEnding
		}
		return admin.ThisInstance, v.Do(ctx, c)
	}
}

// Closing notes that the cache is about to be closed. It waits for what is being invalidated. What is asked for from now
// on is refused: a tier that outlives the process would not hear of it.
func (r *Run) Closing() {
	r.closing.Lock()
	defer r.closing.Unlock()
	r.closing.now = true
}
