package console

import (
	"sync/atomic"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// Counter shows on a terminal how far something is whose end is not known. Elsewhere it shows nothing, as its zero value does.
type Counter struct {
	words atomic.Pointer[string]
	bars  *mpb.Progress
	bar   *mpb.Bar
}

// Counter begins to show what Update says.
func (c *Console) Counter() *Counter {
	n := &Counter{}
	if c.Plain || c.Quiet {
		return n
	}
	n.Update("")
	n.bars = mpb.New(mpb.WithOutput(c.bar()), mpb.WithWidth(2))
	n.bar = n.bars.New(0, mpb.SpinnerStyle().PositionLeft(),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return *n.words.Load() })), mpb.BarRemoveOnComplete())
	return n
}

// Shown reports whether anybody sees it.
func (n *Counter) Shown() bool { return n.bar != nil }

// Update shows other words.
func (n *Counter) Update(words string) {
	words = Visible(words)
	n.words.Store(&words)
}

// Done ends the display and removes it.
func (n *Counter) Done() {
	if n.bar != nil {
		n.bar.Abort(true)
		n.bars.Wait()
	}
}
