package pipeline

import (
	"fmt"
	"slices"

	"github.com/loaderline/loaderline/internal/expression"
	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/pipelinefile"
)

// at reads the time of the event for a stage with versions.
func (l *layouter) at(s *Stage) {
	if !s.HasVersions() {
		return
	}
	part := KeyPart{Text: s.At}
	if pipelinefile.IsExpression(s.At) {
		if part.Expr = l.momentExpression(s); part.Expr == nil {
			return
		}
	} else {
		path, err := jsondoc.ParsePath(s.At)
		if err != nil {
			l.failf(s, "at", "%v", err)
			return
		}
		part.Path = path
	}
	for _, path := range part.paths() {
		if problem := l.momentPath(s, path); problem != "" {
			l.failf(s, "at", "%s", problem)
			return
		}
	}
	s.Moment = &part
}

// momentExpression compiles an expression. It returns nil if there is a problem, which it reports.
func (l *layouter) momentExpression(s *Stage) *expression.Expression {
	e := l.expression("stages."+s.Name+".at", s.At, l.names(0), expression.Parse)
	switch {
	case e == nil:
	case len(e.Paths()) == 0:
		l.failf(s, "at", "the time is the same for every event; write a path such as event.occurred_at or record.timestamp")
	case e.Type() != expression.Time && e.Type() != expression.Text && e.Type() != expression.Any:
		l.failf(s, "at", "the expression has type %s, and a time is needed", e.Type())
	default:
		return e
	}
	return nil
}

// momentPath checks a path. It returns the problem, or an empty text.
func (l *layouter) momentPath(s *Stage, path jsondoc.Path) string {
	switch problem := l.eventPath(path); {
	case !isEvent(path):
		return fmt.Sprintf("%q begins with neither event nor record; the time is that of the event", s.At)
	case problem != "":
		return problem
	case len(path.Each().Steps) > 0:
		return "the time is one for the event, and [] leads to a list; write a path without []"
	case len(path.Steps) == 0 && l.isObject():
		return "event is no time; name the field that has it, as in event.occurred_at"
	}
	if err := l.throughPlace(path); err != nil {
		return err.Error()
	}
	return ""
}

// versionColumns are the columns that say when a row is valid.
var versionColumns = []string{lookupext.FromMember, lookupext.ToMember, lookupext.ValidMember}

// zoneless are the kinds of columns that are no moments.
var zoneless = []lookupext.ColumnKind{
	lookupext.Timestamp, lookupext.Date, lookupext.Time, lookupext.Boolean, lookupext.Integer, lookupext.Bigint, lookupext.Numeric, lookupext.Real, lookupext.Double,
	lookupext.Bytes, lookupext.UUID, lookupext.Array,
}

// checkVersions checks the columns that say when a row is valid, if the source tells its columns.
func checkVersions(layout *Layout, s *Stage, l Lookup) error {
	typed, known := l.(interface{ ColumnTypes() []lookupext.Column })
	if !s.HasVersions() || !known {
		return nil
	}
	key, has := "stages."+s.Name+".query", map[string]lookupext.ColumnType{}
	for _, c := range typed.ColumnTypes() {
		if slices.Contains(versionColumns, c.Name) {
			has[c.Name] = c.Type
		}
	}
	valid, ranges := has[lookupext.ValidMember]
	_, begins := has[lookupext.FromMember]
	switch {
	case !ranges && !begins:
		return layout.File.Errorf(key, "no column says when a row was valid; select the columns AS _from and AS _to, or a range AS _valid, for all versions of a key")
	case ranges && len(has) > 1:
		return layout.File.Errorf(key, "both _valid and _from or _to say when a row was valid; leave out one of them")
	case ranges && valid.Declared != "" && valid.Declared != "tstzrange" && valid.Kind != lookupext.UnknownKind:
		return layout.File.Errorf(key, "_valid has the type %s; select a tstzrange, as in tstzrange(valid_from, valid_to) AS _valid", valid.Declared)
	}
	for _, name := range versionColumns[:2] {
		if c, is := has[name]; is && slices.Contains(zoneless, c.Kind) {
			return layout.File.Errorf(key, "%s has the type %s, which is no time with a time zone; %s", name, c.Declared, zoneAdvice(layout, s, name))
		}
	}
	return nil
}

// zoneAdvice says how to select a column with a time zone.
func zoneAdvice(layout *Layout, s *Stage, column string) string {
	source, _ := layout.File.Source(s.Source)
	if source.SQL == nil {
		return "write times of RFC 3339, which have a zone"
	}
	example := ""
	switch source.SQL.Driver {
	case pipelinefile.DriverPostgres:
		example = "valid_from AT TIME ZONE 'UTC'"
	case pipelinefile.DriverMySQL:
		example = "DATE_FORMAT(valid_from, '%Y-%m-%dT%H:%i:%s.%fZ')"
	case pipelinefile.DriverSQLite:
		example = "strftime('%Y-%m-%dT%H:%M:%fZ', valid_from)"
	}
	return fmt.Sprintf("if it is in UTC, select %s AS %s", example, column)
}

// rowColumns returns the columns of a stage's rows: versions have those that say when they are valid no more.
func (s *Stage) rowColumns(columns []lookupext.Column) []lookupext.Column {
	if !s.HasVersions() {
		return columns
	}
	return slices.DeleteFunc(slices.Clone(columns), func(c lookupext.Column) bool { return slices.Contains(versionColumns, c.Name) })
}
