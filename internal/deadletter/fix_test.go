package deadletter_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/deadletter"
)

func TestFix(t *testing.T) {
	for name, test := range map[string]struct {
		program, value, want string
	}{
		"a field":             {`.user_id |= (ltrimstr("u-") | tonumber)`, `{"user_id":"u-7"}`, `{"user_id":7}`},
		"digits stay":         {`.a = 1`, `{"n":12345678901234567890.10,"m":9007199254740993}`, `{"a":1,"m":9007199254740993,"n":12345678901234567890.10}`},
		"no HTML escapes":     {`.`, `"<&>"`, `"<&>"`},
		"text that is fixed":  {`. + "}" | fromjson`, `{"a":1`, `{"a":1}`},
		"key and headers":     {`{k: $key, t: $headers.trace}`, `{}`, `{"k":"k","t":"t"}`},
		"no environment":      {`env | length`, `{}`, `0`},
		"nothing":             {`select(.a)`, `{}`, "the fix returns no value for it"},
		"more than one":       {`.[]`, `[1,2]`, "the fix returns more than one value, and a record has one"},
		"an error":            {`error("no")`, `{}`, "the fix fails: error: no"},
		"an error afterwards": {`., error("no")`, `{}`, "the fix fails: error: no"},
		"no text":             {`.`, "\xff", "the payload is neither JSON nor text, so there is nothing to fix"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.die(kgo.Record{Key: []byte("k"), Value: []byte(test.value), Headers: []kgo.RecordHeader{{Key: "trace", Value: []byte("t")}}}, lookup)
			fix, err := deadletter.ParseFix(test.program, deadletter.FixLimits{})
			if err != nil {
				t.Fatal(err)
			}
			defer fix.Close()
			done, left := w.redrive(deadletter.Redrive{Fix: fix, MaxRedrives: 3})
			if done.LeftOpen == 1 {
				if !slices.Equal(left, []string{"0:0 " + test.want}) {
					t.Errorf("left open: %q, want %q", left, test.want)
				}
				return
			}
			if got := string(w.newest().Value); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}

// TestFixIsBounded leaves a dead letter open if the program takes too much for it, and fixes the next one.
func TestFixIsBounded(t *testing.T) {
	const (
		memory = "the fix takes more than 128 MiB of memory for it"
		either = "the fix takes more than "
		late   = "the fix takes more than 500ms for it"
		large  = "the fix returns 17825794 bytes for it, more than the limit of 16 MiB"
	)
	little := deadletter.FixLimits{Memory: 128 << 20, Time: time.Minute}
	both := deadletter.FixLimits{Memory: 128 << 20, Time: 500 * time.Millisecond}
	for name, test := range map[string]struct {
		program string
		limits  deadletter.FixLimits
		want    string
	}{
		"a text":                {`"x" * 1e8 | . + . | . + .`, little, memory},
		"a list of large texts": {`[limit(9; repeat("x" * 5e7))] | length`, little, memory},
		"a list":                {`[range(1e9)]`, both, either},
		"a list of the same":    {`[limit(1e9; repeat(1))]`, both, either},
		"a reduction":           {`reduce range(1e9) as $i ([]; . + [$i])`, both, either},
		"a deep recursion":      {`def f: [., f]; f`, both, either},
		"a deep value":          {`last(limit(1e9; recurse([.])))`, both, either},
		"time":                  {`last(range(1e12))`, deadletter.FixLimits{Time: 500 * time.Millisecond}, late},
		"a large result":        {`"x" * (17 * 1048576)`, deadletter.FixLimits{Time: time.Minute}, large},
	} {
		if test.want == either && name != "a list" && testing.Short() {
			continue // Each takes as much of a processor as it can get.
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.die(kgo.Record{Value: []byte(`{}`)}, lookup)
			w.die(kgo.Record{Value: []byte(`{"a":1}`)}, lookup)
			fix, err := deadletter.ParseFix("if .a then .b = 2 else "+test.program+" end", test.limits)
			if err != nil {
				t.Fatal(err)
			}
			defer fix.Close()
			done, left := w.redrive(deadletter.Redrive{Fix: fix, MaxRedrives: 3})
			if len(left) != 1 || !strings.Contains(left[0], test.want) || done.Redriven != 1 {
				t.Errorf("%+v, left open: %q; want %q", done, left, test.want)
			}
			if got := string(w.newest().Value); got != `{"a":1,"b":2}` {
				t.Errorf("the next one is %s", got)
			}
		})
	}
}

// TestFixOfNoValue gives null to the program where there is no value.
func TestFixOfNoValue(t *testing.T) {
	w := newWorld(t)
	w.die(kgo.Record{}, lookup)
	fix, err := deadletter.ParseFix(`{was: ., key: $key}`, deadletter.FixLimits{})
	if err != nil {
		t.Fatal(err)
	}
	defer fix.Close()
	w.redrive(deadletter.Redrive{Fix: fix, MaxRedrives: 3})
	if got := string(w.newest().Value); got != `{"key":null,"was":null}` {
		t.Errorf("it is %s", got)
	}
}

func TestWrongFix(t *testing.T) {
	for _, program := range []string{".a ==", "$who", `import "m" as m; .`, "input"} {
		if _, err := deadletter.ParseFix(program, deadletter.FixLimits{}); err == nil || !strings.HasPrefix(err.Error(), "this is not a jq program: ") {
			t.Errorf("%s: %v", program, err)
		}
	}
}
