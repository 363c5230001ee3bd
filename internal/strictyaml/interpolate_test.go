package strictyaml_test

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loaderline/loaderline/internal/strictyaml"
)

func TestInterpolation(t *testing.T) {
	t.Parallel()
	variables := map[string]string{"NAME": "orders", "EMPTY": "", "YAML": "a: [b", "NESTED": "${NAME}", "BINARY": "\xff"}
	files := map[string]string{"name": "orders\n", "crlf": "orders\r\n", "two": "orders\n\n", "binary": "\xff", "/etc/name": "root"}
	opts := strictyaml.Options{
		Getenv: func(name string) (string, bool) { v, ok := variables[name]; return v, ok },
		ReadFile: func(path string) ([]byte, error) {
			relative, err := filepath.Rel("conf", path)
			if err != nil {
				relative = path
			}
			content, ok := files[relative]
			if !ok {
				return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
			}
			return []byte(content), nil
		},
		Dir: "conf",
	}
	for _, test := range []struct {
		written, want, problem string
	}{
		{written: `plain`, want: "plain"},
		{written: `${NAME}`, want: "orders"},
		{written: `"${NAME}-${NAME}"`, want: "orders-orders"},
		{written: `'x${NAME}y'`, want: "xordersy"},
		{written: `${ABSENT:-fallback}`, want: "fallback"},
		{written: `${EMPTY:-fallback}`, want: "fallback"},
		{written: `${NAME:-fallback}`, want: "orders"},
		{written: `"${ABSENT:-a:-b}"`, want: "a:-b"},
		{written: `${ABSENT:-}`, want: ""},
		{written: `${EMPTY}`, want: ""},
		{written: `"${YAML}"`, want: "a: [b"},
		{written: `${NESTED}`, want: "${NAME}"},
		{written: `$${NAME}`, want: "${NAME}"},
		{written: `"$$ $NAME $1 $${} ${NAME}"`, want: "$$ $NAME $1 ${} orders"},
		{written: `${file:name}`, want: "orders"},
		{written: `${file:crlf}`, want: "orders"},
		{written: `"${file:two}"`, want: "orders\n"},
		{written: `${file:/etc/name}`, want: "root"},
		{written: `${ABSENT}`, problem: "ABSENT is not set"},
		{written: `${BINARY}`, problem: "BINARY is not UTF-8"},
		{written: `${file:binary}`, problem: "is not UTF-8"},
		{written: `${file:absent}`, problem: "${file:absent}: file does not exist"},
		{written: `${file:}`, problem: "names no file"},
		{written: `${}`, problem: "is not a variable"},
		{written: `${1A}`, problem: "is not a variable"},
		{written: `"${\n}"`, problem: "${ } is not a variable"},
		{written: `"${NAME"`, problem: `has no closing "}"`},
	} {
		t.Run(test.written, func(t *testing.T) {
			t.Parallel()
			file, document, err := decode(t, least+"text: "+test.written+"\n", opts)
			if test.problem != "" {
				if err == nil || !strings.HasPrefix(err.Error(), "shop.yaml:3:7: text: ") || !strings.Contains(err.Error(), test.problem) {
					t.Fatalf("error = %v; want one with %q", err, test.problem)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if file.Text != test.want || document.Scalar("text").Text() != test.want {
				t.Errorf("got %q; want %q", file.Text, test.want)
			}
		})
	}
}

func TestKeysAreNotInterpolated(t *testing.T) {
	t.Parallel()
	_, _, err := decode(t, "${NAME}: x\n"+least, strictyaml.Options{Getenv: func(string) (string, bool) { return "text", true }})
	if err == nil || !strings.Contains(err.Error(), "1:1: ${NAME}: unknown key") {
		t.Errorf("error = %v", err)
	}
}

// The text for a variable that is not set is not checked against a pattern, but it has to be of the key's type.
func TestUnsetVariables(t *testing.T) {
	t.Parallel()
	const text = least + "hosts: [\"${ABSENT}\"]\n"
	opts := strictyaml.Options{Getenv: func(string) (string, bool) { return "", false }, Unset: "unset"}
	file, _, err := decode(t, text, opts)
	if err != nil || len(file.Hosts) != 1 || file.Hosts[0] != "unset" {
		t.Errorf("got %v, %v", file, err)
	}
	if _, _, err := decode(t, text+"limits: {workers: \"${ABSENT}\"}\n", opts); err == nil || !strings.Contains(err.Error(), "workers: want a whole number") {
		t.Errorf("got %v", err)
	}
	if _, _, err := decode(t, text+`text: "${ABSENT:-other}"`+"\n", opts); err != nil {
		t.Error(err)
	}
}
