package strictyaml

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"unicode/utf8"
)

// variableName reports whether s can be the name of an environment variable.
func variableName(s string) bool {
	for i, r := range s {
		letter := r == '_' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}

// interpolate replaces ${NAME}, ${NAME:-default}, ${file:PATH} and $${ in text. It takes the default if the variable is unset
// or empty. It does not interpolate the values again, and problems never show them.
func (d *Document) interpolate(text string) (result string, replaced bool, problems []string) {
	var out strings.Builder
	for {
		i := strings.Index(text, "${")
		if i < 0 {
			out.WriteString(text)
			return out.String(), replaced, problems
		}
		replaced = true
		if i > 0 && text[i-1] == '$' {
			out.WriteString(text[:i-1])
			out.WriteString("${")
			text = text[i+2:]
			continue
		}
		out.WriteString(text[:i])
		expression, rest, closed := strings.Cut(text[i+2:], "}")
		if !closed {
			return "", true, append(problems, `"${" has no closing "}"; write ${NAME}, or $${ for the two characters themselves`)
		}
		value, err := d.resolve(expression)
		if err != nil {
			problems = append(problems, err.Error())
		}
		out.WriteString(value)
		text = rest
	}
}

// resolve returns what stands for ${expression}.
func (d *Document) resolve(expression string) (string, error) {
	if path, ok := strings.CutPrefix(expression, "file:"); ok {
		return d.fileContent(path)
	}
	name, fallback, hasFallback := strings.Cut(expression, ":-")
	if !variableName(name) {
		return "", fmt.Errorf("${%s} is not a variable; write ${NAME}, ${NAME:-default} or ${file:PATH}, or $${ for the two characters themselves", Excerpt(expression))
	}
	value, set := d.opts.Getenv(name)
	instead, notVariable := d.schema.NotVariables[name]
	switch {
	case hasFallback && value == "":
		return fallback, nil
	case !set && notVariable:
		return "", fmt.Errorf("${%s} would be an environment variable; %s", name, instead)
	case !set && d.opts.Unset != "":
		return d.opts.Unset, nil
	case !set:
		return "", fmt.Errorf("the environment variable %s is not set; set it, or give a default as ${%s:-default}", name, name)
	case !utf8.ValidString(value):
		return "", fmt.Errorf("the environment variable %s is not UTF-8 text", name)
	}
	return value, nil
}

// fileContent returns the content of a file without the line ending at its end.
func (d *Document) fileContent(path string) (string, error) {
	if path == "" {
		return "", fmt.Errorf("${file:} names no file; write ${file:PATH}, relative to the %s file", d.kind)
	}
	data, err := d.opts.ReadFile(d.opts.path(path))
	if err != nil {
		if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
			err = pathErr.Err // The message names the path as the file has it.
		}
		return "", fmt.Errorf("cannot read the file of ${file:%s}: %w; the path is relative to the %s file", Excerpt(path), err, d.kind)
	}
	if len(data) > maxFileBytes {
		return "", fmt.Errorf("the file of ${file:%s} is larger than 1 MiB", Excerpt(path))
	}
	if !utf8.Valid(data) {
		return "", fmt.Errorf("the file of ${file:%s} is not UTF-8 text", Excerpt(path))
	}
	text := strings.TrimSuffix(string(data), "\n")
	if len(text) < len(data) {
		text = strings.TrimSuffix(text, "\r")
	}
	return text, nil
}
