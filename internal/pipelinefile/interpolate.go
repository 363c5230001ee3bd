package pipelinefile

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
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

// interpolate replaces ${NAME}, ${NAME:-default}, ${file:PATH} and $${ in text.
// A default is taken where the variable is unset or empty. What is put in is not
// looked at again, and problems never show it.
func (o Options) interpolate(text string) (result string, replaced bool, problems []string) {
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
		value, err := o.resolve(expression)
		if err != nil {
			problems = append(problems, err.Error())
		}
		out.WriteString(value)
		text = rest
	}
}

// resolve returns what stands for ${expression}.
func (o Options) resolve(expression string) (string, error) {
	if path, ok := strings.CutPrefix(expression, "file:"); ok {
		return o.fileContent(path)
	}
	name, fallback, hasFallback := strings.Cut(expression, ":-")
	if !variableName(name) {
		return "", fmt.Errorf("${%s} is not a variable; write ${NAME}, ${NAME:-default} or ${file:PATH}, or $${ for the two characters themselves", cut(expression))
	}
	value, set := o.Getenv(name)
	switch {
	case hasFallback && value == "":
		return fallback, nil
	case !set && name == "keys":
		return "", errors.New("${keys} would be an environment variable; the keys of a lookup are $keys, without braces")
	case !set && o.Unset != "":
		return o.Unset, nil
	case !set:
		return "", fmt.Errorf("the environment variable %s is not set; set it, or give a default as ${%s:-default}", name, name)
	case !utf8.ValidString(value):
		return "", fmt.Errorf("the environment variable %s is not UTF-8 text", name)
	}
	return value, nil
}

// fileContent returns a file's content less one line ending at its end.
func (o Options) fileContent(path string) (string, error) {
	if path == "" {
		return "", errors.New("${file:} names no file; write ${file:PATH}, relative to the pipeline file")
	}
	data, err := o.ReadFile(o.path(path))
	if err != nil {
		if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
			err = pathErr.Err // The message names the path as the file has it.
		}
		return "", fmt.Errorf("cannot read the file of ${file:%s}: %w; the path is relative to the pipeline file", cut(path), err)
	}
	if len(data) > maxFileBytes {
		return "", fmt.Errorf("the file of ${file:%s} is larger than 1 MiB", cut(path))
	}
	if !utf8.Valid(data) {
		return "", fmt.Errorf("the file of ${file:%s} is not UTF-8 text", cut(path))
	}
	text := strings.TrimSuffix(string(data), "\n")
	if len(text) < len(data) {
		text = strings.TrimSuffix(text, "\r")
	}
	return text, nil
}

// path joins a relative path with the folder of the pipeline file.
func (o Options) path(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(o.Dir, path)
}
