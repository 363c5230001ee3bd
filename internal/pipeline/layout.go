package pipeline

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/loaderline/loaderline/internal/codec"
	"github.com/loaderline/loaderline/internal/expression"
	"github.com/loaderline/loaderline/internal/invalidation"
	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/pipelinefile"
)

// Layout is what a pipeline file says about its stages: what each depends on, and where its result goes.
type Layout struct {
	File   *pipelinefile.File
	Stages []*Stage // in the order of the file: each comes after those that its key comes from
	// Where says which events are taken; nil for all.
	Where *expression.Expression
	// Terms are the expressions of the section output, by their keys in the file.
	Terms map[string]Term
	// outputTypes and outputFile are what the section output.schema says.
	outputTypes map[string]lookupext.ColumnType
	outputFile  *codec.OutputSchema
	// changes are the file's change topics.
	changes []invalidation.Change
}

// Stage is one stage of a Layout.
type Stage struct {
	pipelinefile.Stage

	Index int
	By    []KeyPart // the parts of the key
	// Moment is the time of the event that the result is for; nil for the current time.
	Moment *KeyPart
	// Root is the index of the stage that the key comes from, -1 for the event.
	Root int
	// List says that there is a result for each element of By's last [].
	List bool
	// When says for which events the stage runs; nil for all.
	When *expression.Expression
	// WhenStages are the stages whose results When looks at, in the order of the file.
	WhenStages []int
	// Parent is the index of the stage in whose result this one's stands, -1 for the output itself, inEvent for the event.
	Parent int
	// Into is where the result stands: a path into Parent's result, or one name.
	Into jsondoc.Path
	// Children are the stages whose results stand in this one's.
	Children []int
}

// inEvent is the Parent of stages whose results stand in the event.
const inEvent = -2

// Field is the name under which the result stands.
func (s *Stage) Field() string {
	if n := len(s.Into.Steps); n > 0 {
		return s.Into.Steps[n-1].Name
	}
	return s.Into.Root
}

// Before are the indexes of the stages that have to end before this one can start, in order: that which its key comes
// from, and those that its condition looks at.
func (s *Stage) Before() []int {
	before := slices.Clone(s.WhenStages)
	if s.Root >= 0 {
		before = append(before, s.Root)
	}
	slices.Sort(before)
	return slices.Compact(before)
}

// SharesLoader says that two stages ask the same: they share one loader, so that a key is loaded once for both.
func (s *Stage) SharesLoader(other *Stage) bool { return s.identity() == other.identity() }

// waits says that the stage asks again for keys without a row.
func (s *Stage) waits() bool { return s.OnMissing == pipelinefile.OnMissingRetry }

// negativeTTL is how long it is kept that a key has no row: not at all where that is no answer.
func (s *Stage) negativeTTL() time.Duration {
	if s.waits() {
		return 0
	}
	return s.Cache.NegativeTTL
}

// reusable reports whether an event's keys alone decide about its results, and whether these are cached or from tables. Conditions and
// points in time look at more than keys, and results in the event are not apart from it.
func (l *Layout) reusable(lookups map[int]Lookup) bool {
	for _, s := range l.Stages {
		_, table := lookups[s.Index].(lookupext.Table)
		if s.When != nil || s.Moment != nil || s.Cache.TTL <= 0 && !table || s.Parent == inEvent {
			return false
		}
	}
	return true
}

// byText is the key path as the file has it.
func (s *Stage) byText() string { return strings.Join(s.Stage.By, ", ") }

// NewLayout checks the stages of a file. Its error joins one *strictyaml.Error for each problem.
func NewLayout(file *pipelinefile.File) (*Layout, error) {
	l := &layouter{Layout: &Layout{File: file}}
	for i, s := range file.Stages {
		l.Stages = append(l.Stages, &Stage{Stage: s, Index: i, Root: -1, Parent: -1})
	}
	l.schemaFile()
	l.where()
	for _, check := range []func(*Stage){l.by, l.shape, l.into, l.when, l.at} {
		for _, s := range l.Stages {
			check(s)
		}
		if len(l.problems) > 0 {
			return nil, errors.Join(l.problems...)
		}
	}
	l.places()
	if l.linked(); len(l.problems) > 0 {
		return nil, errors.Join(l.problems...)
	}
	l.askable()
	l.readChanges()
	l.output()
	l.outputSchema()
	if len(l.problems) > 0 {
		return nil, errors.Join(l.problems...)
	}
	return l.Layout, nil
}

// layouter collects the problems of a Layout.
type layouter struct {
	*Layout
	problems []error
}

func (l *layouter) failf(s *Stage, key, format string, args ...any) {
	l.problems = append(l.problems, l.File.Errorf("stages."+s.Name+"."+key, format, args...))
}

// stage returns the stage of a name, or nil.
func (l *Layout) stage(name string) *Stage {
	for _, s := range l.Stages {
		if s.Name == name {
			return s
		}
	}
	return nil
}
