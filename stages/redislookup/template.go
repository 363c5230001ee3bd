package redislookup

import (
	"errors"
	"fmt"
	"strings"

	"github.com/loaderline/loaderline/stages/lookup"
)

const placeholder = "{}"

// template is the text around the parts of a key in a Redis key: one text more than there are parts.
type template []string

func parseTemplate(text string, parts int) (template, error) {
	t := template(strings.Split(text, placeholder))
	switch n := len(t) - 1; {
	case text == "":
		return nil, errors.New("there is no key: write the Redis key with {} for the lookup's key, such as user:{}")
	case n == 0:
		return nil, fmt.Errorf("the key %q has no {}: it stands for the lookup's key", text)
	case n != parts:
		return nil, fmt.Errorf("the key %q has {} %d times, and key_type says %d types", text, n, parts)
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
		e.parts = key.AppendParts(e.parts)
	} else {
		e.parts = append(e.parts, key)
	}
	e.buf = append(e.buf[:0], e.template[0]...)
	for i, part := range e.parts {
		e.buf = part.AppendText(e.buf)
		e.buf = append(e.buf, e.template[i+1]...)
	}
	return string(e.buf)
}
