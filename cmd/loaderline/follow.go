package main

import (
	"context"

	"github.com/dustin/go-humanize"
	"golang.org/x/sync/errgroup"

	"github.com/loaderline/loaderline/internal/admin"
	"github.com/loaderline/loaderline/internal/invalidation"
	"github.com/loaderline/loaderline/internal/metrics"
	"github.com/loaderline/loaderline/internal/pipelinefile"
)

// follower reads the change topics beside a run.
type follower struct {
	reader *invalidation.Reader // nil: there are none
	begin  <-chan struct{}      // closed when events may be processed
	group  errgroup.Group
	cancel context.CancelFunc
}

// follow begins to read the change topics, until stop: also a drain looks up what has changed.
func follow(ctx context.Context, l *loaded, seen *observed) *follower {
	f := &follower{cancel: func() {}}
	file := l.layout.File.Cache.Invalidate
	if file == nil {
		return f
	}
	kafka := l.kafka
	kafka.Logger = nil // The reader says itself what is wrong.
	f.reader = invalidation.NewReader(invalidation.ReaderConfig{Kafka: kafka, Handler: seen.invalidator.Load(), Logger: l.log})
	f.begin = f.reader.Placed()
	if file.Wait {
		f.begin = f.reader.Caught()
	}
	seen.reader.Store(f.reader)
	reading, cancel := context.WithCancel(context.WithoutCancel(ctx))
	f.cancel = cancel
	f.group.Go(func() error { return f.reader.Run(reading) })
	seen.health.Wait(func() string {
		select {
		case <-f.begin:
			return ""
		default:
		}
		if left := f.reader.Status().Behind; left > 0 {
			return "the change topics: " + humanize.Comma(left) + " records to go"
		}
		return "the change topics"
	})
	return f
}

// wait waits until events may be processed, and says whether that came before ctx ended.
func (f *follower) wait(ctx context.Context) bool {
	if f.reader == nil {
		return true
	}
	select {
	case <-f.begin:
		return true
	case <-ctx.Done():
		return false
	}
}

func (f *follower) stop() error {
	f.cancel()
	return f.group.Wait()
}

// changes is what metrics ask for.
func (o *observed) changes(file *pipelinefile.Invalidate) metrics.Changes {
	changes := metrics.Changes{
		Counts: func() invalidation.Counts {
			if v := o.invalidator.Load(); v != nil {
				return v.Counts()
			}
			return invalidation.Counts{}
		},
		Status: func() invalidation.Status {
			if r := o.reader.Load(); r != nil {
				return r.Status()
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
func (o *observed) invalidate(l *loaded) admin.Invalidate {
	return func(ctx context.Context, c invalidation.Command) (string, error) {
		v := o.invalidator.Load()
		if v == nil {
			return "", admin.ErrStarting
		}
		if topic := commandTopic(l.layout.File); topic != "" {
			if err := v.Check(c); err != nil {
				return "", err
			}
			c.Pipeline = l.layout.File.Name
			return admin.AllInstances, invalidation.Publish(ctx, l.kafka, topic, c)
		}
		return admin.ThisInstance, v.Do(ctx, c)
	}
}

// commandTopic is the topic for commands, or empty.
func commandTopic(file *pipelinefile.File) string {
	if file.Cache.Invalidate == nil {
		return ""
	}
	return file.Cache.Invalidate.Topic
}
