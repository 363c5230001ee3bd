package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/term"

	"github.com/loaderline/loaderline/internal/cli"
	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/plural"
)

// keysFrom are the lines of a file, or of in where it is -, that are not empty.
func keysFrom(path string, in io.Reader) (keys []string, err error) {
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, cli.AsUsage(fmt.Errorf("read the keys: %w", err))
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		in = file
	}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		if line := strings.TrimSpace(lines.Text()); line != "" {
			keys = append(keys, line)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read the keys: %w", err)
	}
	if len(keys) == 0 {
		return nil, cli.Usagef("there is no key in %s", path)
	}
	return keys, nil
}

// keyOf is a key of so many parts as JSON. What is not JSON is text.
func keyOf(text string, parts int) (jsontext.Value, error) {
	key := jsontext.Value(text)
	if err := key.Compact(); err != nil || key.Kind() == 'n' || key.Kind() == '{' {
		quoted, err := jsontext.AppendQuote(nil, text)
		if err != nil {
			return nil, cli.Usagef("key %q: %v", text, err)
		}
		key = quoted
	}
	var list []jsontext.Value
	if key.Kind() == '[' {
		if err := json.Unmarshal(key, &list); err != nil {
			return nil, cli.Usagef("key %q: %v", text, err)
		}
	} else {
		list = []jsontext.Value{key}
	}
	switch {
	case len(list) == parts:
		return key, nil
	case parts == 1:
		return nil, cli.Usagef("key %q is a list, but the stage's key is one value", text)
	default:
		return nil, cli.Usagef(`key %q has %d, but the stage's key has %s; write them as a list, such as '["acme",7]'`, text, len(list), plural.Count(parts, "part"))
	}
}

// typed reports whether a person types the input and sees the messages.
func typed(c *console.Console, in io.Reader) bool {
	file, isFile := in.(*os.File)
	return isFile && c.Terminal && term.IsTerminal(int(file.Fd()))
}

// confirm asks on a terminal. Elsewhere nobody can answer: it takes --yes.
func confirm(c *console.Console, in io.Reader, question string) (bool, error) {
	if !typed(c, in) {
		return false, cli.Usagef("%s This is not a terminal to ask on: add --yes", question)
	}
	if _, err := fmt.Fprintf(c.Err, "%s [y/N] ", question); err != nil {
		return false, err
	}
	answer, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return false, fmt.Errorf("read the answer: %w", err)
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return true, nil
	default:
		c.Say("nothing was done")
		return false, nil
	}
}
