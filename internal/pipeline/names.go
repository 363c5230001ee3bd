package pipeline

import (
	"errors"

	"github.com/loaderline/loaderline/internal/expression"
	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/internal/jsonenrich"
	"github.com/loaderline/loaderline/internal/pipelinefile"
)

// Roots of paths that are no stages.
const (
	eventRoot  = jsonenrich.EventRoot
	recordRoot = jsonenrich.RecordRoot
	itemRoot   = jsonenrich.ItemRoot
)

// isEvent reports whether a path leads into the event or its Kafka record, and not into the result of a stage.
func isEvent(path jsondoc.Path) bool { return path.Root == eventRoot || path.Root == recordRoot }

// names are the names that an expression may use: the event, its record and the results of the first stages.
func (l *layouter) names(stages int) expression.Names {
	names := expression.Names{Roots: []string{eventRoot, recordRoot}, Types: jsonenrich.RecordTypes()}
	for _, s := range l.Stages[:stages] {
		names.Roots = append(names.Roots, s.Name)
	}
	switch l.File.Input.Format {
	case pipelinefile.FormatText:
		names.Types[eventRoot] = expression.Text
	default:
	}
	return names
}

// expression compiles an expression of the file, whose key is key. It returns nil if there is a problem, which it reports.
func (l *layouter) expression(key, text string, names expression.Names, parse func(string, expression.Names) (*expression.Expression, error)) *expression.Expression {
	e, err := parse(text, names)
	if wrong, ok := errors.AsType[*expression.Error](err); ok {
		l.problems = append(l.problems, l.File.ErrorfIn(key, wrong.Line, wrong.Column, "%s", wrong.Reason))
		return nil
	}
	return e
}

// eventPath checks a path into the event or its record against their formats. It returns the problem, or an empty text.
func (l *layouter) eventPath(path jsondoc.Path) string {
	switch {
	case path.Root == recordRoot:
		return jsonenrich.CheckRecordPath(path, formats[l.File.Input.KeyFormat])
	case path.Root == eventRoot && len(path.Steps) > 0 && !l.isObject():
		return "with input.format: " + string(l.File.Input.Format) + " the event is the ID itself and has no members; write event"
	}
	return ""
}

// isObject reports whether events are objects, and not IDs.
func (l *layouter) isObject() bool { return formats[l.File.Input.Format] == jsonenrich.JSON }

// where compiles the condition for events to be taken.
func (l *layouter) where() {
	const key = "input.where"
	text := l.File.Input.Where
	if text == "" {
		return
	}
	c := l.expression(key, text, l.names(0), expression.ParseCondition)
	if c == nil {
		return
	}
	for _, path := range c.Paths() {
		if problem := l.eventPath(path); problem != "" {
			l.problems = append(l.problems, l.File.Errorf(key, "%s", problem))
			return
		}
	}
	l.Where = c
}

var formats = map[pipelinefile.Format]jsonenrich.Format{
	pipelinefile.FormatJSON:    jsonenrich.JSON, // So are the formats with a schema, when they are decoded.
	pipelinefile.FormatText:    jsonenrich.Text,
	pipelinefile.FormatInteger: jsonenrich.Integer,
}
