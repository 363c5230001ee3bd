package session

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

func TestHold(t *testing.T) {
	const grace = 5 * time.Second
	tests := []struct {
		name  string
		run   func(*rebalanceGuard) context.Context
		ends  time.Duration // After which the work ends; zero means not.
		cause error
	}{
		{"no rebalance", func(g *rebalanceGuard) context.Context {
			ctx, _ := g.working(context.Background(), grace)
			return ctx
		}, 0, nil},
		{"rebalance during the work", func(g *rebalanceGuard) context.Context {
			ctx, _ := g.working(context.Background(), grace)
			g.block(grace)
			g.block(grace)
			return ctx
		}, grace, ErrRebalance},
		{"rebalance before the work", func(g *rebalanceGuard) context.Context {
			g.block(grace)
			time.Sleep(2 * time.Second)
			ctx, _ := g.working(context.Background(), grace)
			return ctx
		}, grace - 2*time.Second, ErrRebalance},
		{"released", func(g *rebalanceGuard) context.Context {
			g.block(grace)
			g.release()
			ctx, _ := g.working(context.Background(), grace)
			return ctx
		}, 0, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var g rebalanceGuard
				ctx := tt.run(&g)
				began := time.Now()
				select {
				case <-ctx.Done():
				case <-time.After(time.Hour):
				}
				if tt.ends == 0 && ctx.Err() != nil || tt.ends != 0 && time.Since(began) != tt.ends {
					t.Errorf("after %v: %v", time.Since(began), context.Cause(ctx))
				}
				if cause := context.Cause(ctx); !errors.Is(cause, tt.cause) {
					t.Errorf("cause %v, want %v", cause, tt.cause)
				}
				g.release()
				if ctx.Err() == nil {
					t.Error("the work outlived its batch")
				}
			})
		})
	}
}

// TestAverageSize holds for any mixture of sizes: at least one record is asked
// for, never too many, and constant sizes are met exactly from the second time.
func TestAverageSize(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a averageSize
		for range rapid.IntRange(0, 20).Draw(t, "chunks") {
			n := rapid.IntRange(0, 5000).Draw(t, "records")
			a.observe(n*rapid.IntRange(0, 1<<20).Draw(t, "size"), n)
			limit := rapid.IntRange(1, 5000).Draw(t, "limit")
			if got := a.records(rapid.IntRange(1, 8<<20).Draw(t, "bytes"), limit); got < 1 || got > limit {
				t.Fatalf("%d records of at most %d", got, limit)
			}
		}
		a = averageSize{}
		size := rapid.IntRange(1, 10000).Draw(t, "constant")
		a.observe(7*size, 7)
		if got := a.records(100*size, 5000); got != 100 {
			t.Fatalf("%d records, want 100", got)
		}
	})
}
