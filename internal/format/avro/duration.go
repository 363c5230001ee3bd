package avro

import (
	"bytes"
	"encoding/binary"
	"math"
	"strconv"
)

// appendDuration appends a duration as ISO 8601 has it, part by part as it is stored: a month has no length in days.
func appendDuration(dst []byte, months, days, millis uint32) []byte {
	dst = append(dst, 'P')
	if months > 0 {
		dst = append(strconv.AppendUint(dst, uint64(months), 10), 'M')
	}
	if days > 0 {
		dst = append(strconv.AppendUint(dst, uint64(days), 10), 'D')
	}
	if millis == 0 && (months > 0 || days > 0) {
		return dst
	}
	dst = strconv.AppendUint(append(dst, 'T'), uint64(millis/1000), 10)
	if rest := millis % 1000; rest > 0 {
		fraction := strconv.AppendUint(nil, uint64(1000+rest), 10)[1:]
		for fraction[len(fraction)-1] == '0' {
			fraction = fraction[:len(fraction)-1]
		}
		dst = append(append(dst, '.'), fraction...)
	}
	return append(dst, 'S')
}

// appendDurationText appends a duration that is given as ISO 8601 has it. A year is 12 months, a week 7 days, and so on down to
// milliseconds.
func appendDurationText(dst, text []byte) ([]byte, misfit) {
	d, ok := parseDuration(text)
	if !ok {
		return dst, noDuration
	}
	for _, part := range d {
		dst = binary.LittleEndian.AppendUint32(dst, uint32(part))
	}
	return dst, fits
}

// durationPart is where a unit of a duration is stored, and how many times.
type durationPart struct {
	stored int // months, days, milliseconds
	times  uint64
}

func partOf(unit byte, ofTime bool) (durationPart, bool) {
	switch {
	case unit == 'Y' && !ofTime:
		return durationPart{0, 12}, true
	case unit == 'M' && !ofTime:
		return durationPart{0, 1}, true
	case unit == 'W' && !ofTime:
		return durationPart{1, 7}, true
	case unit == 'D' && !ofTime:
		return durationPart{1, 1}, true
	case unit == 'H' && ofTime:
		return durationPart{2, 3_600_000}, true
	case unit == 'M' && ofTime:
		return durationPart{2, 60_000}, true
	case unit == 'S' && ofTime:
		return durationPart{2, 1000}, true
	default:
		return durationPart{}, false
	}
}

func parseDuration(text []byte) (stored [3]uint64, ok bool) {
	if len(text) < 3 || text[0] != 'P' {
		return stored, false
	}
	ofTime := false
	for text = text[1:]; len(text) > 0; {
		if text[0] == 'T' && !ofTime {
			ofTime, text = true, text[1:]
		}
		size := bytes.IndexFunc(text, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
		if size <= 0 {
			return stored, false
		}
		part, known := partOf(text[size], ofTime)
		value, valid := durationNumber(text[:size], part.times, text[size] == 'S')
		stored[part.stored] += value
		if !known || !valid || stored[part.stored] > math.MaxUint32 {
			return stored, false
		}
		text = text[size+1:]
	}
	return stored, true
}

// durationNumber is a number of units. Seconds may have three decimal places.
func durationNumber(number []byte, times uint64, fraction bool) (uint64, bool) {
	whole, places, has := bytes.Cut(number, []byte{'.'})
	value, err := strconv.ParseUint(string(whole), 10, 32)
	if err != nil || has && (!fraction || len(places) == 0 || len(places) > 3) {
		return 0, false
	}
	value *= times
	if has {
		millis, err := strconv.ParseUint((string(places) + "00")[:3], 10, 32)
		if err != nil {
			return 0, false
		}
		value += millis
	}
	return value, true
}
