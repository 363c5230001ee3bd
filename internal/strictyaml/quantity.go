package strictyaml

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// The parsers return the number that a text stands for, or a hint at what was probably meant. A number with too many digits
// is out of every range, so they return the largest number for it.

// parseWhole reads a whole number. It refuses a leading 0, which means octal to some readers of YAML and nothing to others.
func parseWhole(text string) (n int64, ok bool) {
	digits := strings.TrimPrefix(text, "-")
	if digits == "" || strings.Trim(digits, "0123456789") != "" || len(digits) > 1 && digits[0] == '0' {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return math.MaxInt64, true
	}
	return n, true
}

func parseInteger(text string) (n int64, hint string, ok bool) {
	n, ok = parseWhole(text)
	return n, "", ok
}

func formatInteger(n int64) string { return strconv.FormatInt(n, 10) }

func parseDuration(text string) (n int64, hint string, ok bool) {
	if d, err := time.ParseDuration(text); err == nil {
		return int64(d), "", true
	}
	if _, whole := parseWhole(text); whole {
		return 0, fmt.Sprintf("; write the unit, %sms or %ss", text, text), false
	}
	if count, isDays := strings.CutSuffix(text, "d"); isDays {
		if days, whole := parseWhole(count); whole && days > 0 && days < 10_000 {
			return 0, fmt.Sprintf("; there is no unit for days, write %dh", 24*days), false
		}
	}
	return 0, "", false
}

// FormatDuration returns a duration as a file has it: as Go writes it, without the zeros at the end, as 10m for 10m0s.
func FormatDuration(d time.Duration) string {
	text := d.String()
	if trimmed, ok := strings.CutSuffix(text, "m0s"); ok {
		text = trimmed + "m"
	}
	if trimmed, ok := strings.CutSuffix(text, "h0m"); ok {
		text = trimmed + "h"
	}
	return text
}

func formatDuration(n int64) string { return FormatDuration(time.Duration(n)) }

func parsePercentage(text string) (n int64, hint string, ok bool) {
	if number, marked := strings.CutSuffix(text, "%"); marked {
		n, ok = parseWhole(number)
		return n, "", ok
	}
	if n, whole := parseWhole(text); whole && n > 1 {
		return 0, fmt.Sprintf("; write the sign, %s%%", text), false
	}
	if share, err := strconv.ParseFloat(text, 64); err == nil && share > 0 && share < 1 {
		return 0, fmt.Sprintf("; write %.0f%%", 100*share), false
	}
	return 0, "", false
}

func formatPercentage(n int64) string { return strconv.FormatInt(n, 10) + "%" }

type sizeUnit struct {
	name  string
	bytes int64
}

// sizeUnits returns the units of sizes, largest first.
func sizeUnits() []sizeUnit {
	return []sizeUnit{{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}}
}

func parseSize(text string) (n int64, hint string, ok bool) {
	end := len(text) - len(strings.TrimLeft(text, "-0123456789"))
	number, suffix := text[:end], text[end:]
	n, whole := parseWhole(number)
	if !whole {
		return 0, "", false
	}
	for _, u := range sizeUnits() {
		if suffix != u.name && (suffix != "" || u.bytes != 1) {
			continue
		}
		if n > math.MaxInt64/u.bytes {
			return math.MaxInt64, "", true
		}
		return n * u.bytes, "", true
	}
	for _, u := range sizeUnits() {
		if strings.EqualFold(suffix[:1], u.name[:1]) && len(suffix) < 4 {
			return 0, fmt.Sprintf("; did you mean %s%s?", number, u.name), false
		}
	}
	return 0, "", false
}

func formatSize(n int64) string {
	for _, u := range sizeUnits() {
		if n >= u.bytes && n%u.bytes == 0 {
			return fmt.Sprintf("%d%s", n/u.bytes, u.name)
		}
	}
	return strconv.FormatInt(n, 10)
}
