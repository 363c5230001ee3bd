package bench

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/loaderline/loaderline/testenv"
)

// world is what one run of a processor is given.
type world struct {
	brokers, dsn, input, output, dead, group, schema, users, state string

	partitions     int  // of each topic
	manyPartitions bool // some processor of the shape has more than mostFollowed: all outputs of a shape are read by the same client
}

// launch is how one process of a processor is started.
type launch struct {
	argv []string
	http string // where it serves /metrics; empty where it does not.
}

// launches returns one launch for each process of a processor, with their files written into dir.
func (w world) launches(ctx context.Context, p Processor, dir string) ([]launch, error) {
	list := make([]launch, max(p.Processes, 1))
	for i := range list {
		if strings.Contains(p.File+strings.Join(p.Command, " "), "{http}") {
			free, err := testenv.FreeAddresses(ctx, 1)
			if err != nil {
				return nil, err
			}
			list[i].http = free[0]
		}
		var err error
		if list[i].argv, err = w.command(p, list[i].http, dir); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// command returns a process's command line, with its file written into dir.
func (w world) command(p Processor, http, dir string) ([]string, error) {
	words := []string{
		"{brokers}", w.brokers, "{dsn}", w.dsn, "{input}", w.input, "{output}", w.output, "{dead}", w.dead,
		"{group}", w.group, "{http}", http, "{schema}", w.schema, "{users}", w.users, "{state}", w.state,
	}
	if strings.Contains(strings.Join(p.Command, " "), "{jdbc}") {
		jdbc, err := jdbcURL(w.dsn)
		if err != nil {
			return nil, fmt.Errorf("database of %s: %w", p.Name, err)
		}
		words = append(words, "{jdbc}", jdbc)
	}
	if p.File != "" {
		path, err := write(dir, p.Name+"-*.yaml", strings.NewReplacer(words...).Replace(p.File))
		if err != nil {
			return nil, fmt.Errorf("file of %s: %w", p.Name, err)
		}
		words = append(words, "{file}", path)
	}
	replace := strings.NewReplacer(words...)
	argv := make([]string, len(p.Command))
	for i, word := range p.Command {
		argv[i] = replace.Replace(word)
	}
	return argv, nil
}

// write writes a new file and returns its path.
func write(dir, pattern, text string) (string, error) {
	file, err := os.CreateTemp(dir, pattern)
	if err != nil {
		return "", err
	}
	_, err = file.WriteString(text)
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	return file.Name(), err
}
