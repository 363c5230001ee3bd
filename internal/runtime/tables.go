package runtime

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/plural"
)

// tables are the sources that are topics, with how far each has been read.
type tables struct {
	mu sync.Mutex
	of map[string]func() lookupext.TableStatus
}

// Table notes that a topic is read as the table of a source.
func (r *Run) Table(source string, status func() lookupext.TableStatus) {
	r.tables.mu.Lock()
	defer r.tables.mu.Unlock()
	if r.tables.of == nil {
		r.tables.of = map[string]func() lookupext.TableStatus{}
	}
	r.tables.of[source] = status
}

// status says how far each table is.
func (t *tables) status() map[string]lookupext.TableStatus {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := make(map[string]lookupext.TableStatus, len(t.of))
	for source, status := range t.of {
		all[source] = status()
	}
	return all
}

// waiting names the tables that are not complete; empty if all are.
func (t *tables) waiting() string {
	var all []string
	for source, s := range t.status() {
		switch {
		case !s.Waiting:
		case s.Behind < 0:
			all = append(all, "the table of source "+source)
		default:
			all = append(all, "the table of source "+source+": "+strconv.FormatInt(s.Behind, 10)+" of "+plural.Count(int(s.Total), "record")+" to go")
		}
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// tableSources returns the names of the sources that are topics.
func tableSources(file *pipelinefile.File) []string {
	var all []string
	for _, s := range file.Sources {
		if s.Topic != nil {
			all = append(all, s.Name)
		}
	}
	return all
}
