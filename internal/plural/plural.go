// Package plural counts things in words, for messages.
package plural

import (
	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"
)

// Count returns a number and what it counts, such as 1 record and 2,000 records.
func Count[N ~int | ~int32 | ~int64](n N, singular string) string {
	return humanize.Comma(int64(n)) + " " + english.PluralWord(int(n), singular, "")
}
