package redislookup

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/stages/lookup"
)

const placeholder = "$key"

// template is the text around the parts of a key in a Redis key: one text more than there are parts.
type template []string

func parseTemplate(text string, parts int) (template, error) {
	t := template(strings.Split(text, placeholder))
	for _, after := range t[1:] {
		if strings.IndexFunc(after, func(c rune) bool { return c == '_' || unicode.IsLetter(c) || unicode.IsDigit(c) }) == 0 {
			return nil, fmt.Errorf("the key %q has a letter or digit right behind $key, as in $keys: it stands for one key", text)
		}
	}
	switch n := len(t) - 1; {
	case text == "":
		return nil, errors.New("there is no key: write the Redis key with $key for the lookup's key, such as user:$key")
	case n == 0:
		return nil, fmt.Errorf("the key %q has no $key: it stands for the lookup's key", text)
	case n != parts:
		return nil, fmt.Errorf("the key %q has $key %s, and key_type says %s", text, plural.Count(n, "time"), plural.Count(parts, "type"))
	}
	return t, nil
}

// expander makes Redis keys. It is for one goroutine.
type expander struct {
	template template
	parts    []lookup.Key
	buf      []byte
}

// redisKey is the Redis key of a canonical key.
func (e *expander) redisKey(key lookup.Key) string {
	e.parts = e.parts[:0]
	if len(e.template) > 2 {
		e.parts = lookupkey.AppendParts(e.parts, key)
	} else {
		e.parts = append(e.parts, key)
	}
	e.buf = append(e.buf[:0], e.template[0]...)
	for i, part := range e.parts {
		e.buf = lookupkey.AppendText(e.buf, part)
		e.buf = append(e.buf, e.template[i+1]...)
	}
	return string(e.buf)
}
