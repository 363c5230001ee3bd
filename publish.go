package loaderline

import (
	"errors"
	"log/slog"
	"time"

	"github.com/loaderline/loaderline/internal/deadletterlimit"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
	"github.com/loaderline/loaderline/internal/kafkaerr"
	"github.com/loaderline/loaderline/internal/session"
)

// reserve counts the outcomes against the dead-letter limit. It returns an ErrDeadLetterLimit if they exceed it.
func (w *worker[E]) reserve(out *output) error {
	reservation, err := w.deadLetters.Reserve(out.counts)
	if exceeded, ok := errors.AsType[*deadletterlimit.ExceededError](err); ok {
		most := out.mostDead()
		exceeded.Kind, exceeded.Stage, exceeded.Message = string(most.Kind), most.Stage, w.cfg.words.Text(out.samples[most])
		return exceeded
	}
	out.reservation = reservation
	return err
}

// publish commits the outcomes of a batch with its offsets. On error nothing is committed.
func (w *worker[E]) publish(s *session.Session, out output) error {
	began := time.Now()
	s.Annotate(w.replay.note(out.reservation.Checkpoint()))
	committed, err := s.Commit(w.drain, out.records)
	out.reservation.Release(committed)
	switch {
	case err != nil:
		return w.unpublished(err, &out)
	case !committed:
		return session.ErrRebalance
	}
	out.tallies[0].CommitTime = time.Since(began)
	w.state.commit()
	out.release()
	w.rejected.forget(out.sources)
	w.replay.reached(s)
	w.batchLimit.committed(out.inputs, out.bytes, w.cfg.MaxOutputBytes)
	w.took(s.Published(), out.inputs, out.bytes)
	for _, tally := range out.tallies {
		w.cfg.OnCommit(tally)
	}
	return nil
}

// unpublished learns from an error of Commit about the topics, the brokers and the records. It returns a *rejectedError
// if the next attempt makes other records.
func (w *worker[E]) unpublished(err error, out *output) error {
	w.missed(err, out.inputs)
	rejected, ok := errors.AsType[*session.RejectedError](err)
	if !ok {
		return err
	}
	if kafkaerr.IsTooLarge(rejected) {
		w.readLimits(rejected.First.Topic)
	}
	return w.rejected.note(rejected, out, w.cfg.envelope)
}

// readLimits reads the limit of a topic, and of the dead-letter topic, and uses it if it is lower than at start. If it
// cannot be read, the known limit stays.
func (w *worker[E]) readLimits(topic string) {
	topics, err := kafkaadmin.Describe(w.drain, w.cfg.session.Kafka, topic, w.cfg.envelope.DeadLetterTopic)
	if err != nil {
		w.log.LogAttrs(w.drain, slog.LevelWarn, "limit of a topic not read", slog.String("topic", topic), slog.Any("error", err))
		return
	}
	w.limits.lower(topics)
}
