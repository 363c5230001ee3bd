package bench

import (
	_ "embed"
	"fmt"
	"os"
	"strings"
)

//go:embed loaderline.yaml
var loaderlineFile string

// Processor is a program to measure. In its arguments and its file these words stand for what a run gives it:
//
//	{brokers} {dsn} {input} {output} {dead} {group}
//
// and, in the arguments alone, {file} for the path of its file.
type Processor struct {
	// Name is what the results call it. Required.
	Name string
	// Command is the program and its arguments. It reads the input from its first record on as a member of the group,
	// writes the output, and ends in order on SIGTERM. Required.
	Command []string
	// File is the text of a file that is written for each run. Defaults to none.
	File string
	// AtLeastOnce says that it may repeat outputs.
	AtLeastOnce bool
}

// Tuned returns the hand-written program at path with a number of sessions.
func Tuned(path string, sessions int, atLeastOnce bool) Processor {
	name, delivery := "tuned", "exactly_once"
	if sessions != 1 {
		name = fmt.Sprintf("tuned-%d", sessions)
	}
	if atLeastOnce {
		name, delivery = name+"-at-least-once", "at_least_once"
	}
	return Processor{Name: name, AtLeastOnce: atLeastOnce, Command: []string{
		path, "-brokers", "{brokers}", "-dsn", "{dsn}", "-input", "{input}", "-output", "{output}", "-group", "{group}",
		"-delivery", delivery, "-sessions", fmt.Sprint(sessions),
	}}
}

// Loaderline returns the loaderline binary at path with a number of workers.
func Loaderline(path string, workers int, atLeastOnce bool) Processor {
	name, delivery := "loaderline", "exactly_once"
	if workers != 4 {
		name = fmt.Sprintf("loaderline-%d", workers)
	}
	if atLeastOnce {
		name, delivery = name+"-at-least-once", "at_least_once"
	}
	file := strings.NewReplacer("{workers}", fmt.Sprint(workers), "{delivery}", delivery).Replace(loaderlineFile)
	return Processor{Name: name, AtLeastOnce: atLeastOnce, File: file, Command: []string{path, "run", "{file}"}}
}

// world is what one run of a processor is given.
type world struct{ brokers, dsn, input, output, dead, group string }

// command returns the processor's command line for a run, with its file written into dir.
func (p Processor) command(w world, dir string) ([]string, error) {
	words := []string{
		"{brokers}", w.brokers, "{dsn}", w.dsn, "{input}", w.input, "{output}", w.output, "{dead}", w.dead, "{group}", w.group,
	}
	if p.File != "" {
		file, err := os.CreateTemp(dir, p.Name+"-*.yaml")
		if err != nil {
			return nil, err
		}
		_, err = strings.NewReplacer(words...).WriteString(file, p.File)
		if closeErr := file.Close(); err == nil {
			err = closeErr
		}
		if err != nil {
			return nil, fmt.Errorf("file of %s: %w", p.Name, err)
		}
		words = append(words, "{file}", file.Name())
	}
	replace := strings.NewReplacer(words...)
	argv := make([]string, len(p.Command))
	for i, word := range p.Command {
		argv[i] = replace.Replace(word)
	}
	return argv, nil
}
