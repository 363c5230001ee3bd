package loaderline

import (
	"context"

	"github.com/loaderline/loaderline/sink"
)

// Enrich makes of a micro-batch what Run would publish for it, by the same steps, and connects to no broker: a way to try
// and to test a pipeline. Each record that it returns names its input in the headers loaderline.source.*, and is a dead
// letter where its topic is Sink.DeadLetterTopic; an input without a record was dropped.
//
// Events are tried once: what Run would try again later, by Config.Retry, is a dead letter here. Topics take as much as Kafka's default allows. An error is of the batch as a whole, as an *stages.OutageError is: Run
// would give the batch back and publish nothing. Enrich is not for a Pipeline that runs.
func (p *Pipeline[E]) Enrich(ctx context.Context, batch []*Record) ([]*Record, Tally, error) {
	cfg := p.cfg
	cfg.Retry = Retry{}
	limits := newLimits(nil)
	cfg.Sink.MaxMessageBytes = limits.of
	if cfg.OnLimits != nil {
		cfg.OnLimits(limits.of)
	}
	w := &worker[E]{cfg: &cfg, sink: sink.New(cfg.Sink), limits: limits, log: cfg.Logger}
	out, err := w.outcomes(ctx, [][]*Record{batch}, nil)
	if err != nil {
		return nil, Tally{}, err
	}
	return out.records, out.tallies[0], nil
}
