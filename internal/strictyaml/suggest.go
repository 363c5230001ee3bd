package strictyaml

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxShown bounds what an error repeats of the file, in characters.
const maxShown = 60

// quoted returns an excerpt of s in quotes.
func quoted(s string) string { return strconv.Quote(Excerpt(s)) }

// Excerpt returns s as an error may repeat it: at most 60 characters, without what may be a password or a token.
func Excerpt(s string) string {
	s = withoutPassword(withoutQuery(s))
	if utf8.RuneCountInString(s) > maxShown {
		return string([]rune(s)[:maxShown]) + "..."
	}
	return s
}

// withoutQuery redacts the values in the query of a URL or a path, and its fragment: they may be tokens. It keeps ${}, which
// is not replaced yet.
func withoutQuery(s string) string {
	at := strings.IndexAny(s, "?#")
	if at < 0 || !strings.HasPrefix(s, "/") && !strings.Contains(s[:at], "://") {
		return s
	}
	parts := regexp.MustCompile(`\$\{[^}]*\}|[?&;#]|[^?&;#$]+|\$`).FindAllString(s[at:], -1)
	var out strings.Builder
	out.WriteString(s[:at])
	for _, part := range parts {
		name, _, valued := strings.Cut(part, "=")
		switch {
		case strings.HasPrefix(part, "${"), part == "?", part == "&", part == ";", part == "#":
			out.WriteString(part)
		case valued && name+"=" == part: // A variable follows.
			out.WriteString(part)
		case valued && name != "":
			out.WriteString(name + "=" + redacted)
		default:
			out.WriteString(redacted)
		}
	}
	return out.String()
}

// withoutPassword redacts what is between a colon and an @, as in scheme://user:password@host, or behind password=: a user
// may write a DSN under the wrong key. A password may hold an @, so the last one ends it.
func withoutPassword(s string) string {
	s = regexp.MustCompile(`(?i)(password\s*=\s*)\S.*`).ReplaceAllString(s, "${1}"+redacted)
	end := strings.LastIndexByte(s, '@')
	if end < 0 {
		return s
	}
	start := 0
	if scheme := strings.Index(s[:end], "://"); scheme >= 0 {
		start = scheme + len("://")
	}
	colon := strings.IndexByte(s[start:end], ':')
	if colon < 0 {
		return s
	}
	return s[:start+colon+1] + redacted + s[end:]
}

// JoinWords joins words as a sentence has them: "a, b or c".
func JoinWords(words []string, conjunction string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return fmt.Sprintf("%s %s %s", strings.Join(words[:last], ", "), conjunction, words[last])
}

// Nearest returns the candidate that word was probably meant to be, if there is one: at most a third of the letters may
// differ, and case does not matter. A candidate that begins with word, or that word begins with, is the last resort.
func Nearest(word string, candidates []string) (string, bool) {
	if utf8.RuneCountInString(word) > maxShown {
		return "", false
	}
	best, found := "", false
	limit := max(1, utf8.RuneCountInString(word)/3) + 1
	for _, c := range candidates {
		if d := editDistance([]rune(strings.ToLower(word)), []rune(strings.ToLower(c))); d < limit {
			best, found, limit = c, true, d
		}
	}
	for _, c := range candidates {
		if found || len(word) < 3 || len(c) < 3 {
			break
		}
		if strings.HasPrefix(word, c) || strings.HasPrefix(c, word) {
			return c, true // warning for warn, dead for dead_letter.
		}
	}
	return best, found
}

// DidYouMean returns the end of a message that suggests the nearest candidate, such as `; did you mean "user"?`. It returns
// an empty text if none is near.
func DidYouMean(word string, candidates []string) string {
	if best, ok := Nearest(word, candidates); ok {
		return fmt.Sprintf("; did you mean %q?", best)
	}
	return ""
}

// suggestName returns the end of a message about a name that does not fit the pattern: the name in lower case and with _ for
// punctuation, if that fits.
func suggestName(name string, pattern *regexp.Regexp) string {
	fitting := strings.Map(func(r rune) rune {
		if r == '-' || r == '.' || r == ' ' {
			return '_'
		}
		return r
	}, strings.ToLower(name))
	if !pattern.MatchString(fitting) {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", fitting)
}

// editDistance counts the insertions, deletions, substitutions and swaps of neighbours that turn a into b.
func editDistance(a, b []rune) int {
	before, previous, current := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range previous {
		previous[j] = j
	}
	for i := 1; i <= len(a); i++ {
		current[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			current[j] = min(previous[j]+1, current[j-1]+1, previous[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				current[j] = min(current[j], before[j-2]+1)
			}
		}
		before, previous, current = previous, current, before
	}
	return previous[len(b)]
}
