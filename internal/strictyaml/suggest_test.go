package strictyaml_test

import (
	"strings"
	"testing"
	"time"

	"github.com/loaderline/loaderline/internal/strictyaml"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	candidates := []string{"topic", "topics", "warn", "dead_letter", "id"}
	for word, want := range map[string]string{
		"topc": "topic", "tpoics": "topics", "TOPIC": "topic", "warning": "warn", "dead": "dead_letter", "di": "id", "xyz": "", "": "", strings.Repeat("topic", 20): "",
	} {
		got, ok := strictyaml.Nearest(word, candidates)
		if got != want || ok != (want != "") {
			t.Errorf("%q: got %q, %t, want %q", word, got, ok, want)
		}
		hint := ""
		if want != "" {
			hint = `; did you mean "` + want + `"?`
		}
		if got := strictyaml.DidYouMean(word, candidates); got != hint {
			t.Errorf("%q: got %q, want %q", word, got, hint)
		}
	}
}

func TestExcerpt(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"plain":                   "plain",
		"postgres://u:p@db/shop":  "postgres://u:[redacted]@db/shop",
		"u:p@q@db":                "u:[redacted]@db",
		"host=db password = a b":  "host=db password = [redacted]",
		"https://a/b?token=x&y#z": "https://a/b?token=[redacted]&[redacted]#[redacted]",
		"/a?id=${ID}&k=v":         "/a?id=${ID}&k=[redacted]",
		strings.Repeat("é", 61):   strings.Repeat("é", 60) + "...",
		"not a path?a=b":          "not a path?a=b",
	} {
		if got := strictyaml.Excerpt(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	for want, words := range map[string][]string{"": nil, "a": {"a"}, "a or b": {"a", "b"}, "a, b or c": {"a", "b", "c"}} {
		if got := strictyaml.JoinWords(words, "or"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	for want, key := range map[string][2]string{"a": {"", "a"}, "a.b": {"a", "b"}, `a."b c"`: {"a", "b c"}, `""`: {"", ""}} {
		if got := strictyaml.JoinKey(key[0], key[1]); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	for want, d := range map[string]time.Duration{"10m": 10 * time.Minute, "1h": time.Hour, "1h30m": 90 * time.Minute, "1m1s": 61 * time.Second, "20ms": 20 * time.Millisecond, "0s": 0} {
		if got := strictyaml.FormatDuration(d); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
