// Package offsetexpr reads positions in a topic as they are typed on a command line, and finds the offsets that they mean.
//
//	earliest              the oldest record of every partition
//	latest                the end of every partition, where the next record will stand
//	1000                  offset 1000 in every partition
//	3:1000                offset 1000 of partition 3, and no other partition; 0:10,3:1000 names two
//	@1764000000000        the first record at or after a time in milliseconds since 1970
//	2026-11-24T08:00:00Z  the same, in RFC 3339
//	-2h                   the same, that long ago; -7d counts days of 24 hours
package offsetexpr

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kind is a way to say a position.
type Kind int

// The kinds of positions. The zero Kind is Earliest.
const (
	Earliest   Kind = iota
	Latest          // the end of each partition
	Offset          // one offset in every partition
	Partitions      // an offset for each partition named
	Time            // the first record at or after a time
	Ago             // the first record at or after a time before now
)

// Position is a place in a topic. The zero Position is the earliest. It is a pflag.Value.
type Position struct {
	Kind   Kind
	Offset int64           // of Offset
	At     map[int32]int64 // of Partitions: offsets by partition
	Time   time.Time       // of Time
	Ago    time.Duration   // of Ago
}

// Parse reads a position.
func Parse(text string) (Position, error) {
	switch {
	case text == "earliest":
		return Position{}, nil
	case text == "latest":
		return Position{Kind: Latest}, nil
	case strings.HasPrefix(text, "@"):
		ms, err := strconv.ParseInt(text[1:], 10, 64)
		if err != nil || ms < 0 {
			return Position{}, fmt.Errorf("%q: after @ comes a time in milliseconds since 1970, such as @1764000000000", text)
		}
		return Position{Kind: Time, Time: time.UnixMilli(ms).UTC()}, nil
	case strings.HasPrefix(text, "-"):
		ago, err := parseAgo(text[1:])
		if err != nil {
			return Position{}, fmt.Errorf("%q: after - comes how long ago, such as -2h, -90m or -7d", text)
		}
		return Position{Kind: Ago, Ago: ago}, nil
	case strings.Contains(text, "T"):
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return Position{}, fmt.Errorf("%q is not a time of RFC 3339, such as 2026-11-24T08:00:00Z", text)
		}
		return Position{Kind: Time, Time: at}, nil
	case strings.Contains(text, ":"):
		return parsePartitions(text)
	}
	offset, err := parseOffset(text)
	if err != nil {
		return Position{}, fmt.Errorf("%q is not a position; write earliest, latest, an offset (1000), partition:offset (3:1000), @MILLISECONDS, a time (2026-11-24T08:00:00Z) or how long ago (-2h)", text)
	}
	return Position{Kind: Offset, Offset: offset}, nil
}

func parsePartitions(text string) (Position, error) {
	at := map[int32]int64{}
	for part := range strings.SplitSeq(text, ",") {
		p, o, _ := strings.Cut(part, ":")
		partition, err := strconv.ParseInt(p, 10, 32)
		offset, offsetErr := parseOffset(o)
		if err != nil || partition < 0 || offsetErr != nil {
			return Position{}, fmt.Errorf("%q is not partition:offset, such as 3:1000, or a list of them, such as 0:10,3:1000", text)
		}
		if _, twice := at[int32(partition)]; twice {
			return Position{}, fmt.Errorf("%q names partition %d twice", text, partition)
		}
		at[int32(partition)] = offset
	}
	return Position{Kind: Partitions, At: at}, nil
}

func parseOffset(text string) (int64, error) {
	offset, err := strconv.ParseInt(text, 10, 64)
	if err == nil && (offset < 0 || strings.HasPrefix(text, "+")) {
		return 0, errors.New("an offset is a number without a sign")
	}
	return offset, err
}

// parseAgo reads a duration of Go, or a number of days.
func parseAgo(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		return time.Duration(n) * 24 * time.Hour, err
	}
	ago, err := time.ParseDuration(text)
	if err == nil && (ago < 0 || strings.HasPrefix(text, "+")) {
		return 0, errors.New("a sign is there already")
	}
	return ago, err
}

// String is the position as Parse reads it.
func (p Position) String() string {
	switch p.Kind {
	case Latest:
		return "latest"
	case Offset:
		return strconv.FormatInt(p.Offset, 10)
	case Partitions:
		parts := make([]string, 0, len(p.At))
		for _, partition := range slices.Sorted(maps.Keys(p.At)) {
			parts = append(parts, fmt.Sprintf("%d:%d", partition, p.At[partition]))
		}
		return strings.Join(parts, ",")
	case Time:
		return p.Time.Format(time.RFC3339Nano)
	case Ago:
		return "-" + p.Ago.String()
	default:
		return "earliest"
	}
}

// Set parses text into p.
func (p *Position) Set(text string) error {
	parsed, err := Parse(text)
	if err != nil {
		return err
	}
	*p = parsed
	return nil
}

// Type is the word for a position in a flag's help.
func (p *Position) Type() string { return "position" }

// Moment is the time that the position means, and whether it means one.
func (p Position) Moment(now time.Time) (time.Time, bool) {
	switch p.Kind {
	case Time:
		return p.Time, true
	case Ago:
		return now.Add(-p.Ago), true
	default:
		return time.Time{}, false
	}
}

// Never is an offset that no record has: a range that ends there does not end.
const Never int64 = math.MaxInt64
