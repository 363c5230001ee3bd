package invalidation

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// UnknownStageError says that no stage of that name can be invalidated.
type UnknownStageError struct {
	Stage  string
	Stages []string // that can be
}

// Error implements error.
func (e *UnknownStageError) Error() string {
	return fmt.Sprintf("there is no cached stage %q; the cached stages are: %s", e.Stage, strings.Join(e.Stages, ", "))
}

// KeyError says that a key of a command cannot be one of its stage.
type KeyError struct {
	Key int // its number in the command
	Err error
}

// Error implements error.
func (e *KeyError) Error() string { return fmt.Sprintf("keys[%d]: %v", e.Key, e.Err) }

// Unwrap gives the reason.
func (e *KeyError) Unwrap() error { return e.Err }

// Check says what is wrong with a command, if anything: an *UnknownStageError or a *KeyError.
func (v *Invalidator) Check(c Command) error {
	_, err := v.prepare(c)
	return err
}

// Do applies a command to the cache of this process. A command that is wrong, as Check has it, does nothing.
func (v *Invalidator) Do(ctx context.Context, c Command) error {
	do, err := v.prepare(c)
	if err != nil {
		return err
	}
	v.do(ctx, do)
	return nil
}

func (v *Invalidator) prepare(c Command) (work, error) {
	if !slices.Contains(v.cfg.Stages, c.Stage) {
		return nil, &UnknownStageError{Stage: c.Stage, Stages: v.cfg.Stages}
	}
	do := work{}
	do.of(c.Stage).all = c.All
	for i, key := range c.Keys {
		if err := v.addKey(do, c.Stage, key); err != nil {
			return nil, &KeyError{Key: i, Err: err}
		}
	}
	return do, nil
}
