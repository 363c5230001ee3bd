package recordtime

import (
	"fmt"
	"time"
)

// Parse returns the timestamp of a record that is written as a time of RFC 3339, in whole milliseconds, as Kafka keeps it.
func Parse(text string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is not a time; write one such as 2026-11-24T08:00:00Z", text)
	}
	if t.UnixMilli() < 0 || !Fits(t) {
		return time.Time{}, fmt.Errorf("%s is not a time of a record, which is from 1970 to 2262", text)
	}
	return time.UnixMilli(t.UnixMilli()), nil
}
