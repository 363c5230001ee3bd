package pipelinetest

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"
)

// junitSuites is a report as continuous integration servers read it: a suite for each pipeline.
type junitSuites struct {
	XMLName xml.Name     `xml:"testsuites"`
	Suites  []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Seconds  string      `xml:"time,attr"`
	Cases    []junitCase `xml:"testcase"`

	took time.Duration
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	File    string        `xml:"file,attr"`
	Line    int           `xml:"line,attr"`
	Seconds string        `xml:"time,attr"`
	Failure *junitFailure `xml:"failure"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",cdata"`
}

// WriteJUnit writes results, those of a pipeline one after the other, in the XML of JUnit.
func WriteJUnit(w io.Writer, results []Result) error {
	var report junitSuites
	for _, r := range results {
		if n := len(report.Suites); n == 0 || report.Suites[n-1].Name != r.Pipeline {
			report.Suites = append(report.Suites, junitSuite{Name: r.Pipeline})
		}
		suite := &report.Suites[len(report.Suites)-1]
		c := junitCase{Name: r.Test, Class: r.Pipeline, File: r.File, Line: r.Line, Seconds: seconds(r.Took)}
		if !r.Passed {
			suite.Failures++
			c.Failure = &junitFailure{Message: r.summary(), Text: r.details("")}
		}
		suite.Tests++
		suite.took += r.Took
		suite.Seconds = seconds(suite.took)
		suite.Cases = append(suite.Cases, c)
	}
	text, err := xml.MarshalIndent(report, "", "  ")
	if err != nil {
		return fmt.Errorf("write the results as XML: %w", err)
	}
	_, err = fmt.Fprintf(w, "%s%s\n", xml.Header, text)
	return err
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.4f", d.Seconds()) }

// summary is a failed test in one line.
func (r Result) summary() string {
	if r.Failures[0].Event == 0 {
		return r.Failures[0].Text
	}
	which := make([]string, len(r.Failures))
	for i, f := range r.Failures {
		which[i] = fmt.Sprint(f.Event)
	}
	if len(which) == 1 {
		return "event " + which[0] + " became something else"
	}
	return "events " + strings.Join(which, ", ") + " became something else"
}
