package pipelinetest

import (
	"bytes"
	"errors"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/internal/strictyaml"
	"github.com/loaderline/loaderline/internal/testfile"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

const (
	// wholeValue is the field that holds all that is found, for values that are no objects.
	wholeValue = "_value"
)

// keyedRow is a row and the values of its key's parts.
type keyedRow struct {
	testfile.Row

	key []jsontext.Value
}

// binder makes the stubs of tests for the stages of a pipeline.
type binder struct {
	layout   *pipeline.Layout
	types    map[string]lookupkey.Types // by stage
	problems []error
}

// bind makes the stubs of each test, by stage. The types of a stage's keys are those of key_type, or else what the rows
// of all tests have: a database would know them.
func bind(layout *pipeline.Layout, file *testfile.File) ([]map[string]*stub, error) {
	b := &binder{layout: layout, types: map[string]lookupkey.Types{}}
	rows := make([]map[string][]keyedRow, len(file.Tests))
	seen := map[string][]keyedRow{}
	for i, t := range file.Tests {
		rows[i] = map[string][]keyedRow{}
		for name, s := range t.Stubs {
			stage := b.stage(name, s)
			if stage == nil {
				continue
			}
			rows[i][name] = b.keyed(stage, s.Rows)
			seen[name] = append(seen[name], rows[i][name]...)
		}
	}
	if len(b.problems) > 0 {
		return nil, strictyaml.Join(b.problems)
	}
	for _, s := range layout.Stages {
		b.types[s.Name] = b.typesOf(s, seen[s.Name])
	}
	all := make([]map[string]*stub, len(file.Tests))
	for i, t := range file.Tests {
		all[i] = map[string]*stub{}
		for _, s := range layout.Stages {
			stubbed, ok := t.Stubs[s.Name]
			all[i][s.Name] = b.stub(s, stubbed, rows[i][s.Name])
			all[i][s.Name].absent = !ok
		}
	}
	return all, strictyaml.Join(b.problems)
}

func (b *binder) fail(err error) { b.problems = append(b.problems, err) }

func (b *binder) stage(name string, s testfile.Stub) *pipeline.Stage {
	var names []string
	for _, stage := range b.layout.Stages {
		if stage.Name == name {
			return stage
		}
		names = append(names, stage.Name)
	}
	hint := "; the stages are " + strings.Join(names, ", ")
	if near, ok := strictyaml.Nearest(name, names); ok {
		hint = "; did you mean " + near + "?"
	}
	b.fail(s.Stage.Errorf("the pipeline has no stage %q%s", name, hint))
	return nil
}

// keyed finds the key of each row.
func (b *binder) keyed(stage *pipeline.Stage, rows []testfile.Row) []keyedRow {
	all := make([]keyedRow, len(rows))
	for i, row := range rows {
		all[i] = keyedRow{Row: row, key: b.keyOf(stage, row)}
	}
	return all
}

// keyOf is the key of a row: in _key, which is left out then, or in the fields that the stage says.
func (b *binder) keyOf(stage *pipeline.Stage, row testfile.Row) []jsontext.Value {
	columns := stage.Key
	if len(columns) == 0 || named(row, lookupext.KeyMember) != nil {
		columns = []string{lookupext.KeyMember}
	}
	var key []jsontext.Value
	for _, column := range columns {
		field := named(row, column)
		if field == nil {
			hint := ""
			if column != lookupext.KeyMember {
				hint = "; _key may hold it instead"
			}
			b.fail(row.Node.Errorf("the row has no %s, which holds the key of stage %s%s", column, stage.Name, hint))
			return nil
		}
		key = append(key, b.parts(field.Node)...)
	}
	if len(key) != len(stage.By) {
		b.fail(row.Node.Errorf("the key has %s here, and %d in by of stage %s", plural.Count(len(key), "part"), len(stage.By), stage.Name))
	}
	return key
}

func named(row testfile.Row, column string) *testfile.Field {
	for i, f := range row.Fields {
		if f.Name == column {
			return &row.Fields[i]
		}
	}
	return nil
}

// parts are the values of a key: those of a list, or one.
func (b *binder) parts(n strictyaml.Node) []jsontext.Value {
	nodes := []strictyaml.Node{n}
	if n.IsList() {
		var err error
		if nodes, err = n.List(); err != nil {
			b.fail(err)
		}
	}
	values := make([]jsontext.Value, len(nodes))
	for i, part := range nodes {
		var err error
		if values[i], err = part.JSON(); err != nil {
			b.fail(err)
		}
	}
	return values
}

// json is the row as a source answers it.
func (r keyedRow) json() jsontext.Value {
	if whole := named(r.Row, wholeValue); whole != nil {
		return whole.Value
	}
	var b bytes.Buffer
	b.WriteByte('{')
	for _, f := range r.Fields {
		if f.Name == lookupext.KeyMember {
			continue
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		b.Write(append(lookupkey.AppendString(nil, f.Name), ':'))
		b.Write(f.Value)
	}
	b.WriteByte('}')
	return b.Bytes()
}

// stub makes the stub of one stage in one test.
func (b *binder) stub(s *pipeline.Stage, t testfile.Stub, rows []keyedRow) *stub {
	made := &stub{stage: s, types: b.types[s.Name], rows: map[lookup.Key][]jsontext.Value{}, outage: t.Outage}
	for _, row := range rows {
		key, err := made.types.Canonical(raws(row.key)...)
		switch {
		case errors.Is(err, stages.ErrNoKey):
			b.fail(row.Node.Errorf("the key of the row is null"))
			continue
		case err != nil:
			b.fail(row.Node.Errorf("the key of the row cannot be one of stage %s: %v", s.Name, err))
			continue
		}
		made.rows[key] = append(made.rows[key], row.json())
	}
	if t.Error == nil {
		return made
	}
	made.failure = &failure{message: t.Error.Message, code: t.Error.Code}
	for _, n := range t.Error.Keys {
		key, err := made.types.Canonical(raws(b.parts(n))...)
		if err != nil {
			b.fail(n.Errorf("this cannot be a key of stage %s: %v", s.Name, err))
			continue
		}
		if made.fails == nil {
			made.fails = map[lookup.Key]bool{}
		}
		made.fails[key] = true
	}
	return made
}

func raws(values []jsontext.Value) [][]byte {
	all := make([][]byte, len(values))
	for i, value := range values {
		all[i] = value
	}
	return all
}
