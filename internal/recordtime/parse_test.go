package recordtime_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/internal/recordtime"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"1970-01-01T00:00:00Z":                0,
		"2026-11-24T08:00:00Z":                1795507200000,
		"2026-11-24T10:00:00+02:00":           1795507200000,
		"2026-11-24T08:00:00.123999999Z":      1795507200123,
		"2262-04-11T23:47:16.854Z":            9223372036854,
		"2026-11-24T08:00:00.000000000+00:00": 1795507200000,
	} {
		got, err := recordtime.Parse(text)
		if err != nil || got.UnixMilli() != want || got.Nanosecond()%int(time.Millisecond) != 0 {
			t.Errorf("%s: %v, %v; want %d", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"":                         `"" is not a time; write one such as 2026-11-24T08:00:00Z`,
		"2026-11-24":               `"2026-11-24" is not a time`,
		"1795507200000":            `"1795507200000" is not a time`,
		"2026-02-30T00:00:00Z":     `"2026-02-30T00:00:00Z" is not a time`,
		"1969-12-31T23:59:59.999Z": "1969-12-31T23:59:59.999Z is not a time of a record, which is from 1970 to 2262",
		"2262-04-11T23:47:16.855Z": "from 1970 to 2262",
		"9999-12-31T23:59:59Z":     "from 1970 to 2262",
	} {
		if got, err := recordtime.Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, error %v; want %s", text, got, err, want)
		}
	}
}

// A timestamp of a record that is written as text is the same timestamp when it is read.
func TestParseReadsWhatIsWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := time.UnixMilli(rapid.Int64Range(0, 9223372036854).Draw(t, "ms"))
		zone := time.FixedZone("", 60*rapid.IntRange(-23*60, 23*60).Draw(t, "minutes east"))
		text := want.In(zone).Format(time.RFC3339Nano)
		if got, err := recordtime.Parse(text); err != nil || !got.Equal(want) {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	})
}
