package counterpart

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// Command is what a program does.
type Command struct {
	// Do is what is done:
	//
	//	write   write Values to Topic
	//	read    return the first Count values of Topic
	//	render  return Values
	//	encode  return the encodings of Values, without IDs
	//	decode  return what the encodings in Values hold
	Do     string `json:"do"`
	Format string `json:"format"` // avro, protobuf or json
	// Schema is that of Avro or JSON Schema, or a FileDescriptorSet of Protobuf in base64.
	Schema     string      `json:"schema"`
	Message    string      `json:"message,omitempty"` // of Protobuf
	References []Reference `json:"references,omitempty"`
	Topic      string      `json:"topic,omitempty"`
	Count      int         `json:"count,omitempty"`
	// Values are in the JSON mapping of Protobuf, or are the JSON of a JSON Schema. Those of Avro are for Java in the JSON encoding of
	// Avro's specification, which names the types of unions, and for Python encodings in base64. Results look alike, but for Avro in
	// Python: unions without types, decimals as numbers, times as RFC 3339.
	Values   []json.RawMessage `json:"values,omitempty"`
	Registry string            `json:"registry,omitempty"` // instead of the program's own (Python)
	Header   bool              `json:"header,omitempty"`   // write the schema's GUID to a header (Python)
	Config   map[string]string `json:"config,omitempty"`   // of Apicurio's serializers (Java)
}

// Reference is another schema that a schema uses, registered as a version of a subject.
type Reference struct {
	Name    string `json:"name"`
	Subject string `json:"subject"`
	Version int    `json:"version"`
}

// Program is a counterpart that runs. It is used by one goroutine.
type Program struct {
	name   string
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	remove func() error
}

// start starts a program in a folder that is removed when the program is closed, or cannot start.
func start(ctx context.Context, name, dir string, argv ...string) (p *Program, err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	cmd := exec.CommandContext(context.WithoutCancel(ctx), argv[0], argv[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "TZ=Asia/Kathmandu") // What depends on the machine's time zone shows.
	cmd.Stderr = os.Stderr
	cmd.WaitDelay = 5 * time.Second
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	return &Program{name: name, cmd: cmd, in: in, out: bufio.NewReader(out), remove: func() error { return os.RemoveAll(dir) }}, nil
}

// Run does a command. Its error has what the program said, such as its stack.
func (p *Program) Run(c Command) ([]json.RawMessage, error) {
	line, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	if _, err := p.in.Write(append(line, '\n')); err != nil {
		return nil, fmt.Errorf("%s has ended: %w", p.name, err)
	}
	line, err = p.out.ReadBytes('\n')
	if err != nil {
		return nil, fmt.Errorf("%s has ended: %w", p.name, err)
	}
	var result struct {
		Values []json.RawMessage
		Error  string
	}
	if err := json.Unmarshal(line, &result); err != nil {
		return nil, fmt.Errorf("%s printed %.200q: %w", p.name, line, err)
	}
	if result.Error != "" {
		return nil, fmt.Errorf("%s: %s: %.4000s", p.name, c.Do, result.Error)
	}
	return result.Values, nil
}

// Close ends the program.
func (p *Program) Close() error {
	return errors.Join(p.in.Close(), p.cmd.Wait(), p.remove())
}
