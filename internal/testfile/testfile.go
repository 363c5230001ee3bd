// Package testfile reads the tests of a pipeline: events, what the sources answer, and what has to become of the events.
// They are in NAME_test.yaml beside NAME.yaml, which is read as strictly as a pipeline file.
package testfile

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/loaderline/loaderline/internal/strictyaml"
)

// File is the tests of one pipeline.
type File struct {
	Path  string
	Env   map[string]string // what ${NAME} stands for in the pipeline file
	Tests []Test
}

// Test is one test.
type Test struct {
	Name string
	Line int
	// Stubs are what sources answer, by stage: those of the test, and those of the file where the test has none.
	Stubs  map[string]Stub
	Events []Event
	Expect []Expect // of each event, in order
}

// Stub replaces the results of a source for a stage.
type Stub struct {
	Stage strictyaml.Node // the stage's name, for errors
	Rows  []Row
	// Error fails keys; nil fails none.
	Error *Error
	// Outage is why the source answers nobody; empty where it does.
	Outage string
}

// Row is a row as the query would have it.
type Row struct {
	Node   strictyaml.Node // for errors
	Fields []Field
}

// Field is a column of a row.
type Field struct {
	Name  string
	Node  strictyaml.Node
	Value jsontext.Value
}

// Error is how keys fail.
type Error struct {
	Message, Code string
	Keys          []strictyaml.Node // none: all keys
}

// Event is an input record.
type Event struct {
	Key       []byte // nil: none
	Value     []byte // nil: a tombstone
	Headers   []Header
	Topic     string // empty: the pipeline's first input topic
	Partition int32
	Offset    *int64    // nil: it follows the event before in its partition
	Timestamp time.Time // zero: the beginning of 1970

	TopicNode, OffsetNode strictyaml.Node // for errors
}

// Header is a header of a record.
type Header struct {
	Name  string
	Value *string // nil: none; of an expectation: the header is not there
}

// Expect is what has to become of an event. What is nil is not looked at.
type Expect struct {
	Outcome Outcome
	// Value is the whole value, or what of it has to be there where Partial is set.
	Value   jsontext.Value
	Partial bool
	Key     *string
	NoKey   bool // The record has no key.
	Topic   *string
	Headers []Header
	// Several are the records of an event that has a list of them, in order. What else there is of the Expect is then empty.
	Several []Expect
	// Failure is for a dead letter; what is empty is not looked at, and Message is a part of the message.
	Failure Failure
}

// Failure is why an event is a dead letter.
type Failure struct{ Kind, Stage, Code, Message string }

// Outcome is what becomes of an event.
type Outcome string

// The outcomes.
const (
	Record     Outcome = "record"
	DeadLetter Outcome = "dead_letter"
	Filtered   Outcome = "filtered"
	Dropped    Outcome = "dropped"
	Outage     Outcome = "outage" // of all events of a test: they are given back, and wait for the source
)

// Of is the path of the tests of a pipeline file, and of the pipeline file of tests.
func Of(path string) (pipeline, tests string) {
	ext := filepath.Ext(path)
	name := strings.TrimSuffix(strings.TrimSuffix(path, ext), "_test")
	return name + ext, name + "_test" + ext
}

// Load reads the tests at path. Its error joins a *strictyaml.Error for each problem.
func Load(path string) (*File, error) {
	data, err := strictyaml.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the tests: %w", err)
	}
	return Parse(path, data)
}

// Parse reads tests; name is what errors call the file.
func Parse(name string, data []byte) (*File, error) {
	root, err := strictyaml.Parse("test", name, data)
	if err != nil {
		return nil, err
	}
	p := &parser{file: &File{Path: name, Env: map[string]string{}}}
	if root.IsNull() {
		return nil, root.Errorf("the file is empty; write tests: and below it a list of tests, each with name, stubs, events and expect")
	}
	p.root(root)
	if err := strictyaml.Join(p.problems); err != nil {
		return nil, err
	}
	return p.file, nil
}

// Getenv is what ${NAME} stands for in the pipeline file: what env says, or else the process's environment.
func (f *File) Getenv(name string) (string, bool) {
	if value, ok := f.Env[name]; ok {
		return value, true
	}
	return os.LookupEnv(name)
}
