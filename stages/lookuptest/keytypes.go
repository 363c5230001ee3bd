package lookuptest

import (
	"fmt"
	"testing"

	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages/lookup"
)

// suite is a Harness whose key types were parsed.
type suite struct {
	Harness

	types []lookupkey.Type
}

// parseKeyTypes returns the key types of these names. Its error lists the names.
func parseKeyTypes(names []string) ([]lookupkey.Type, error) {
	types := make([]lookupkey.Type, len(names))
	for i, name := range names {
		if name == lookupkey.CaselessASCII.String() {
			types[i] = lookupkey.CaselessASCII
			continue
		}
		var err error
		if types[i], err = lookupkey.ParseType(name); err != nil {
			return nil, fmt.Errorf("%w, %s", err, lookupkey.CaselessASCII)
		}
	}
	return types, nil
}

// spelled is a key as it is stored, and ways to write it in an event.
type spelled struct {
	stored lookup.Key
	ways   []string
}

func spellings(t lookupkey.Type) []spelled {
	switch t {
	case lookupkey.Smallint:
		return []spelled{{"7", []string{"7", `"7"`}}, {"-32768", []string{"-32768"}}}
	case lookupkey.Integer:
		return []spelled{{"7", []string{"7", `"007"`}}, {"2147483647", []string{`"2147483647"`}}}
	case lookupkey.Bigint:
		return []spelled{{"123", []string{"123", `"00123"`}}, {"9223372036854775807", []string{"9223372036854775807"}}, {"0", []string{"-0"}}}
	case lookupkey.Numeric:
		return []spelled{{"12", []string{"12", `"12.00"`}}, {`"12.5"`, []string{`"12.50"`, `"012.5"`}}, {`"-0.25"`, []string{`"-0.25"`}}}
	case lookupkey.Text, lookupkey.Any:
		return []spelled{{`"abc"`, []string{`"abc"`, `"\u0061bc"`}}, {`"é"`, []string{`"é"`, `"\u00e9"`}}}
	case lookupkey.CaselessText:
		return []spelled{{`"abc"`, []string{`"abc"`, `"ABC"`}}}
	case lookupkey.CaselessASCII:
		return []spelled{{`"abc"`, []string{`"abc"`, `"ABC"`, `"\u0041bc"`}}, {`"É"`, []string{`"É"`, `"\u00c9"`}}, {`"Ab "`, []string{`"Ab "`}}}
	case lookupkey.PaddedText:
		return []spelled{{`"abc"`, []string{`"abc"`, `"abc   "`}}}
	case lookupkey.UUID:
		return []spelled{{`"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"`, []string{
			`"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"`, `"A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"`,
			`"{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}"`, `"a0eebc999c0b4ef8bb6d6bb9bd380a11"`,
		}}}
	case lookupkey.Boolean:
		return []spelled{{"true", []string{"true", `"TRUE"`}}, {"false", []string{"false"}}}
	case lookupkey.Timestamptz:
		return []spelled{{`"2024-02-29T23:30:00.5Z"`, []string{`"2024-02-29T23:30:00.500Z"`, `"2024-03-01T01:30:00.5+02:00"`}}}
	case lookupkey.Timestamp:
		return []spelled{{`"2024-02-29T23:30:00"`, []string{`"2024-02-29T23:30:00"`, `"2024-02-29 23:30:00.000"`}}}
	case lookupkey.Date:
		return []spelled{{`"2024-02-29"`, []string{`"2024-02-29"`}}}
	case lookupkey.ObjectID:
		return []spelled{{`"65f0c0ffee0123456789abcd"`, []string{`"65f0c0ffee0123456789abcd"`, `"65F0C0FFEE0123456789ABCD"`}}}
	}
	return nil
}

func (h suite) keyTypes(t *testing.T) {
	for _, typ := range h.types {
		t.Run(typ.String(), func(t *testing.T) {
			w := World{KeyType: typ.String()}
			for i, sp := range spellings(typ) {
				w.Rows = append(w.Rows, Row{Key: sp.stored, N: int64(i), Body: "here"})
			}
			s := h.New(t, w)
			for _, sp := range spellings(typ) {
				for _, raw := range sp.ways {
					key, err := typ.Canonical([]byte(raw))
					if err != nil {
						t.Errorf("%s: %v", raw, err)
						continue
					}
					if key != sp.stored {
						t.Errorf("%s is %s, want %s", raw, key, sp.stored)
					}
					expect(t, w, load(t.Context(), t, s, []lookup.Key{key}))
				}
			}
		})
	}
}
