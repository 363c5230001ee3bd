package console

import (
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/loaderline/loaderline/internal/plural"
)

// lineEvery is how often progress is a line where it cannot be a bar.
const lineEvery = 2 * time.Second

// Progress shows how far something is that counts events. It is not safe for concurrent use.
type Progress struct {
	console *Console
	verb    string
	total   int64
	start   time.Time
	last    time.Time
	events  atomic.Int64 // read by the bar, as done is
	done    atomic.Int64

	bars *mpb.Progress
	bar  *mpb.Bar

	lines strings.Builder // to be written when the bar is gone
}

// Progress begins to show progress; verb begins its lines, as in published. total is what Update's done leads to, in any unit, and 0 where that is not known.
func (c *Console) Progress(verb string, total int64) *Progress {
	now := time.Now()
	p := &Progress{console: c, verb: verb, total: total, start: now, last: now}
	if !c.Plain && !c.Quiet && total > 0 {
		p.bars = mpb.New(mpb.WithOutput(c.bar()), mpb.WithWidth(40))
		p.bar = p.bars.New(total, mpb.BarStyle().Lbound("").Rbound("").Filler("█").Tip("█").Padding("░"),
			mpb.PrependDecorators(decor.Name(verb+" ")),
			mpb.AppendDecorators(decor.Any(func(decor.Statistics) string {
				now := time.Now()
				return fmt.Sprintf(" %s, %s/s%s", plural.Count(p.events.Load(), "event"), humanize.Comma(Rate(p.events.Load(), now.Sub(p.start))), p.left(p.done.Load(), now))
			})),
			mpb.BarRemoveOnComplete())
	}
	return p
}

// bar is where bars are drawn.
func (c *Console) bar() io.Writer {
	if c.bars != nil {
		return c.bars
	}
	return c.Err
}

// Update shows that done of the total is done, and how many events that were.
func (p *Progress) Update(done, events int64) {
	p.events.Store(events)
	p.done.Store(done)
	if p.bar != nil {
		p.bar.SetCurrent(min(done, p.total-1)) // Done completes it.
		return
	}
	now := time.Now()
	if p.console.Quiet || now.Sub(p.last) < lineEvery {
		return
	}
	p.last = now
	share := ""
	if p.total > 0 {
		share = fmt.Sprintf(" (%d %%)", 100*done/p.total)
	}
	p.console.Say("%s %s%s, %s/s%s", p.verb, plural.Count(events, "event"), share, humanize.Comma(Rate(events, now.Sub(p.start))), p.left(done, now))
}

// left says how long the rest will take at the pace so far.
func (p *Progress) left(done int64, now time.Time) string {
	if done <= 0 || done >= p.total {
		return ""
	}
	left := time.Duration(float64(now.Sub(p.start)) * float64(p.total-done) / float64(done))
	return fmt.Sprintf(", %s left", left.Round(time.Second))
}

// Line writes a line, once Done has removed the bar where there is one. It may be called beside Update.
func (p *Progress) Line(text string) {
	if p.bars != nil {
		p.lines.WriteString(text + "\n")
		return
	}
	_, _ = io.WriteString(p.console.Err, text+"\n") // A stream that cannot be written to has nobody to tell.
}

// Done ends the display and removes the bar. It may be called twice.
func (p *Progress) Done() {
	if p.bars == nil {
		return
	}
	p.bar.Abort(true)
	p.bars.Wait()
	p.bars, p.bar = nil, nil
	_, _ = io.WriteString(p.console.Err, p.lines.String())
}

// Rate is events a second, rounded.
func Rate(events int64, took time.Duration) int64 {
	if took <= 0 {
		return 0
	}
	return int64(float64(events)/took.Seconds() + 0.5)
}
