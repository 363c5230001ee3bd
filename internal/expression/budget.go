package expression

import (
	"context"
	"fmt"
	"math"
	"regexp"
	"regexp/syntax"
)

const (
	// Budget is the number of steps that a condition may take for one event: each element that a loop visits is a step. So is
	// each element, or each textStep bytes of text, that an operation compares, searches or builds.
	Budget   = 1_000_000
	textStep = 64
	// ctxEvery is the number of steps after which the context is checked.
	ctxEvery = 4096
)

// ErrBudget says that a condition takes more than Budget steps for an event.
var ErrBudget = fmt.Errorf("it takes more than %d steps for one event, each an element that it visits or %d bytes of text that it reads or builds", Budget, textStep)

// budget counts the steps of one evaluation. The program calls its methods. They panic when the evaluation must end, and the
// machine turns the panic into an error.
type budget struct {
	ctx   context.Context //nolint:containedctx // The program cannot hand it on.
	left  int
	check int // the value of left at which the context is checked next
	err   error
}

func (b *budget) start(ctx context.Context) {
	*b = budget{ctx: ctx, left: Budget, check: Budget - ctxEvery}
}

func (b *budget) spend(steps int) {
	b.left -= steps
	if b.left >= b.check {
		return
	}
	b.check = b.left - ctxEvery
	switch {
	case b.left < 0:
		b.err = ErrBudget
	case b.ctx.Err() != nil:
		b.err = context.Cause(b.ctx)
	default:
		return
	}
	panic(b.err)
}

// step is one element of a loop.
func (b *budget) step() bool {
	b.spend(1)
	return true
}

// value counts a value with all that is in it.
func (b *budget) value(v any) any {
	b.spend(b.size(v))
	return v
}

// text counts a text. Any other value takes one step, if any.
func (b *budget) text(v any) any {
	if s, ok := v.(string); ok {
		b.spend(len(s) / textStep)
	}
	return v
}

// list counts a list that is searched. An object is not searched, since its members are found by name.
func (b *budget) list(v any) any {
	if _, isList := v.([]any); isList {
		b.spend(b.size(v))
	}
	return v
}

// times counts a value as often as another says: a number, or the length of a text or a list.
func (b *budget) times(v, by any) any {
	n := 1
	switch by := by.(type) {
	case int:
		n = by
	case string:
		n = len(by) + 1
	case []any:
		n = len(by)
	}
	steps := float64(b.size(v)+1) * float64(n)
	if text, ok := v.(string); ok {
		steps = float64(len(text)) * float64(n) / textStep
	}
	b.spend(int(max(0, min(steps, math.MaxInt32))))
	return v
}

// matches is the operator, for a pattern that is not known before.
func (b *budget) matches(v, pattern any) bool {
	text, source := v.(string), pattern.(string)
	b.spend(len(source))
	size, err := patternSize(source)
	if err != nil {
		panic(err)
	}
	b.spend(2 * size)
	b.times(text, size)
	matched, err := regexp.MatchString(source, text)
	if err != nil {
		panic(err)
	}
	return matched
}

// patternSize is how many instructions a regular expression has: each may be tried at each byte of a text.
func patternSize(pattern string) (int, error) {
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return 0, err
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return 0, err
	}
	return len(program.Inst), nil
}

// size is the number of steps for a value, or more than are left.
func (b *budget) size(v any) int {
	size := 0
	switch v := v.(type) {
	case string:
		return len(v) / textStep
	case []any:
		size = len(v)
		for _, e := range v {
			if size > b.left {
				break
			}
			size += b.size(e)
		}
	case map[string]any:
		size = len(v)
		for _, e := range v {
			if size > b.left {
				break
			}
			size += b.size(e)
		}
	case []int: // A range.
		size = len(v)
	}
	return size
}
