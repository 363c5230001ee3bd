package pipelinefile_test

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	pf "github.com/loaderline/loaderline/internal/pipelinefile"
)

func TestInterpolation(t *testing.T) {
	t.Parallel()
	variables := map[string]string{"NAME": "orders", "EMPTY": "", "YAML": "a: [b", "NESTED": "${NAME}", "BINARY": "\xff"}
	files := map[string]string{"name": "orders\n", "crlf": "orders\r\n", "two": "orders\n\n", "binary": "\xff", "/etc/name": "root"}
	opts := pf.Options{
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
	base := string(read(t, "testdata/right/least.yaml"))
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
			data := strings.Replace(base, "    key: id\n", "    key: id\n    into: "+test.written+"\n", 1)
			file, err := pf.Parse("pipeline.yaml", []byte(data), opts)
			if test.problem != "" {
				if err == nil || !strings.HasPrefix(err.Error(), "pipeline.yaml:11:11: stages.user.into: ") || !strings.Contains(err.Error(), test.problem) {
					t.Fatalf("error = %v; want one with %q", err, test.problem)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := file.Stages[0].Into; got != test.want {
				t.Errorf("got %q; want %q", got, test.want)
			}
		})
	}
}

func TestKeysAreNotInterpolated(t *testing.T) {
	t.Parallel()
	_, err := pf.Parse("pipeline.yaml", []byte("${NAME}: x\n"), pf.Options{Getenv: func(string) (string, bool) { return "workers", true }})
	if err == nil || !strings.Contains(err.Error(), "1:1: ${NAME}: unknown key") {
		t.Errorf("error = %v", err)
	}
}

// What is not known is not checked either: a broker need not be one, but a number that is no number is no number.
func TestUnsetVariables(t *testing.T) {
	t.Parallel()
	text := strings.Replace(string(read(t, "testdata/right/least.yaml")), "localhost:9092", `"${ABSENT}"`, 1)
	opts := pf.Options{Getenv: func(string) (string, bool) { return "", false }, Unset: "unset"}
	file, err := pf.Parse("pipeline.yaml", []byte(text), opts)
	if err != nil || len(file.Kafka.Brokers) != 1 || file.Kafka.Brokers[0] != "unset" {
		t.Errorf("got %v, %v", file, err)
	}
	if _, err := pf.Parse("pipeline.yaml", []byte(text+"workers: ${ABSENT}\n"), opts); err == nil || !strings.Contains(err.Error(), "workers: want a whole number") {
		t.Errorf("got %v", err)
	}
	if _, err := pf.Parse("pipeline.yaml", []byte(text+`name: "${ABSENT:-other}"`+"\n"), opts); err != nil {
		t.Error(err)
	}
}
