package redistier

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/loaderline/loaderline/internal/cachetier"
)

// Positions returns an error while Redis is unreachable.
func (t *tier) Positions(ctx context.Context) ([]cachetier.Position, error) {
	if err := t.noteIfAway(untold{}); err != nil {
		return nil, fmt.Errorf("read the positions of the change topics: %w", err)
	}
	pipe := t.db.Pipeline()
	answer := pipe.HGetAll(ctx, t.positionsKey)
	if _, err := t.exec(ctx, pipe); err != nil {
		t.lose(ctx, err, untold{})
		return nil, fmt.Errorf("read the positions of the change topics: %w", err)
	}
	var positions []cachetier.Position
	for at, text := range answer.Val() {
		topic, number, _ := strings.Cut(at, "/") // No topic has one in its name.
		partition, err := strconv.ParseInt(number, 10, 32)
		offset, err2 := strconv.ParseInt(text, 10, 64)
		if err != nil || err2 != nil {
			return nil, fmt.Errorf("the position %q: %q under the key %s is not a position: delete the key", at, text, t.positionsKey)
		}
		positions = append(positions, cachetier.Position{Topic: topic, Partition: int32(partition), Offset: offset})
	}
	return positions, nil
}

// SavePositions returns an error while Redis is unreachable, or has not received all invalidations.
func (t *tier) SavePositions(ctx context.Context, positions []cachetier.Position) error {
	if len(positions) == 0 {
		return nil
	}
	if err := t.noteIfAway(untold{}); err != nil {
		return fmt.Errorf("save the positions of the change topics: %w", err)
	}
	args := make([]any, 0, 2*len(positions))
	for _, p := range positions {
		args = append(args, fmt.Sprintf("%s/%d", p.Topic, p.Partition), p.Offset)
	}
	pipe := t.db.Pipeline()
	t.scripts.positions.EvalSha(ctx, pipe, []string{t.positionsKey}, args...)
	if _, err := t.exec(ctx, pipe); err != nil {
		t.lose(ctx, err, untold{})
		return fmt.Errorf("save the positions of the change topics: %w", err)
	}
	return nil
}
