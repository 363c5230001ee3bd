package deadletter

import "context"

// Mark gives dead letters another state and sends nothing: it dismisses them, or opens them again.
type Mark struct {
	Queue

	Filter Filter
	To     State // Dismissed or Open
	By     string
	// Progress is called with how many dead letters are done. Optional.
	Progress func(done int64)
}

// Plan counts what is chosen. Progress may be nil.
func (m Mark) Plan(ctx context.Context, progress Progress) (Plan, error) {
	var p Plan
	var err error
	if p.chosen, err = m.choose(ctx, m.Filter); err != nil {
		return p, err
	}
	p.Others = p.chosen.others
	all := groups{}
	err = p.chosen.each(ctx, p.chosen.report(progress), func(l Letter) error {
		all.add(l)
		p.Count++
		return nil
	})
	p.Groups = all.sorted()
	return p, err
}

// Run does what Plan has planned. Its errors are those of Redrive.Run.
func (m Mark) Run(ctx context.Context, p Plan) (Outcome, error) {
	c, err := m.change(ctx, p.chosen, m.By)
	if err != nil {
		return Outcome{}, err
	}
	defer c.close()
	c.progress = m.Progress
	err = p.chosen.each(ctx, nil, func(l Letter) error { return c.add(ctx, l, m.To, nil) })
	if err == nil {
		err = c.flush(ctx)
	}
	return c.done, err
}
