package loaderline_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loaderline/loaderline"
)

// brokers take so many records a second, and hold back what comes after what was too much.
type brokers struct {
	perSecond float64
	debt      time.Duration
	now       time.Time
}

const most = 8 * time.Second

// publish is one transaction: it is committed unless it takes too long.
func (b *brokers) publish(p *loaderline.Pace, records int) (committed bool) {
	needs := b.debt + time.Duration(float64(records)/b.perSecond*float64(time.Second))
	b.now = b.now.Add(min(needs, most) + 100*time.Millisecond)
	if needs <= most {
		b.debt = 0
		p.Took(b.now, records, needs, most)
		return true
	}
	p.Missed(b.now, records, max(0, (most-b.debt).Seconds()*b.perSecond/float64(records)))
	b.debt = 0 // A new session is a new connection.
	return false
}

// However slow the brokers are, the transactions become as small as they take, stay that small, and grow again with them.
func TestPaceIsFound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		batch := rapid.IntRange(1, 20_000).Draw(t, "batch")
		b := &brokers{perSecond: rapid.Float64Range(0.5, 100_000).Draw(t, "records a second"), now: time.Now()}
		b.debt = time.Duration(rapid.Int64Range(0, int64(most)).Draw(t, "held back at first"))
		var p loaderline.Pace
		next := func() int {
			if n := p.Records(); n > 0 {
				return min(n, batch)
			}
			return batch
		}
		for tries := 0; !b.publish(&p, next()); tries++ {
			if tries > 6 {
				t.Fatalf("nothing was committed in %d tries: %d records at %.1f a second", tries, next(), b.perSecond)
			}
		}
		for end := b.now.Add(5 * time.Minute); b.now.Before(end); {
			if !b.publish(&p, next()) {
				t.Fatalf("%d records are too many again, at %.1f a second", next(), b.perSecond)
			}
		}
		if n, fit := next(), b.perSecond*most.Seconds(); n < batch && float64(n) < fit/32-1 {
			t.Errorf("it stays at %d records, of %.0f that fit", n, fit)
		}
		b.perSecond = 1e9
		for end := b.now.Add(10 * time.Minute); b.now.Before(end); {
			b.publish(&p, next())
		}
		if n := next(); n != batch {
			t.Errorf("it takes %d of %d records though the brokers are fast again", n, batch)
		}
	})
}

// A broker that was away has acknowledged nothing. When it is back the transactions are soon as large as before.
func TestPaceAfterABrokerWasAway(t *testing.T) {
	t.Parallel()
	const batch = 5000
	b := &brokers{perSecond: 50_000, now: time.Now()}
	var p loaderline.Pace
	p.Missed(b.now, batch, 0)
	p.Missed(b.now, p.Records(), 0)
	began := b.now
	for p.Records() < batch {
		if !b.publish(&p, min(p.Records(), batch)) {
			t.Fatalf("%d records are too many", p.Records())
		}
	}
	if took := b.now.Sub(began); took > 5*time.Second {
		t.Errorf("it takes %v", took)
	}
}
