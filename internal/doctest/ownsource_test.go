package doctest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/lookuptest"
)

// directory is the client of the directory. Find returns the employees that there are, in any order.
type directory interface {
	Find(ctx context.Context, numbers []int64) ([]employee, error)
}

// employee is an entry of the directory.
type employee struct {
	Number  int64
	Profile string // JSON
}

// errForbidden says that the directory does not let this program in.
var errForbidden = errors.New("the directory does not let this program in")

// employees is a source of profiles by the numbers of employees.
type employees struct{ directory directory }

// Load implements stages.Source.
func (s employees) Load(ctx context.Context, b *stages.Batch[lookup.Key, []byte]) error {
	numbers := make([]int64, 0, len(b.Keys))
	for _, key := range b.Keys {
		number, err := strconv.ParseInt(string(key), 10, 64)
		if err != nil {
			b.Fail(key, stages.WithClass(err, stages.Permanent))
			continue
		}
		numbers = append(numbers, number)
	}
	found, err := s.directory.Find(ctx, numbers)
	switch {
	case errors.Is(err, errForbidden):
		return stages.WithClass(err, stages.Fatal)
	case err != nil:
		return fmt.Errorf("find employees: %w", err)
	}
	for _, e := range found {
		var profile bytes.Buffer
		if err := json.Compact(&profile, []byte(e.Profile)); err != nil {
			b.Fail(keyOf(e.Number), stages.WithClass(fmt.Errorf("the profile is not JSON: %w", err), stages.Permanent))
			continue
		}
		b.Put(keyOf(e.Number), profile.Bytes())
	}
	return nil
}

// keyOf returns the key of an employee.
func keyOf(number int64) lookup.Key { return lookup.Key(strconv.FormatInt(number, 10)) }

// visit is an event of docs/own-source.md.
type visit struct{ Employee int64 }

// visits is the plan of docs/own-source.md.
func visits(client directory) (*stages.Plan[visit], stages.Node[visit, []byte]) {
	profiles := stages.NewLoader(employees{client}, stages.LoaderConfig[lookup.Key, []byte]{
		Name: "profiles", MaxBatch: 200,
		Backend: stages.NewBackend(stages.BackendConfig{Name: "directory", MaxCalls: 2, Timeout: 2 * time.Second}),
	})
	plan := &stages.Plan[visit]{}
	visitor := stages.One(plan, profiles, stages.By(plan, func(v visit) lookup.Key { return keyOf(v.Employee) }))
	return plan, visitor
}

// inMemory is a directory with profiles by key.
type inMemory map[lookup.Key]string

// Find implements directory.
func (d inMemory) Find(ctx context.Context, numbers []int64) ([]employee, error) {
	var found []employee
	for _, number := range numbers {
		if profile, ok := d[keyOf(number)]; ok {
			found = append(found, employee{number, profile})
		}
	}
	return found, ctx.Err()
}

// directoryOf returns a directory that has the rows of a world.
func directoryOf(w lookuptest.World) inMemory {
	d := inMemory{}
	for _, row := range w.Rows {
		switch list := d[row.Key]; {
		case !w.Many:
			d[row.Key] = row.Value()
		case list == "":
			d[row.Key] = "[" + row.Value() + "]"
		default:
			d[row.Key] = strings.TrimSuffix(list, "]") + ", " + row.Value() + "]"
		}
	}
	return d
}

// silent is a directory that does not respond.
type silent struct{}

// Find implements directory.
func (silent) Find(ctx context.Context, _ []int64) ([]employee, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestEmployeesConform(t *testing.T) {
	lookuptest.Run(t, lookuptest.Harness{
		KeyTypes: []string{"bigint"},
		OneRow:   true,
		New: func(_ testing.TB, w lookuptest.World) stages.Source[lookup.Key, []byte] {
			return employees{directoryOf(w)}
		},
		PartlyFailing: func(_ testing.TB, w lookuptest.World, bad lookup.Key) stages.Source[lookup.Key, []byte] {
			d := directoryOf(w)
			d[bad] = "not JSON"
			return employees{d}
		},
		Slow: func(testing.TB) stages.Source[lookup.Key, []byte] { return employees{silent{}} },
	})
}

// locked is a directory that does not let anybody in.
type locked struct{}

// Find implements directory.
func (locked) Find(context.Context, []int64) ([]employee, error) { return nil, errForbidden }

// TestOwnSourcePage runs the plan of docs/own-source.md.
func TestOwnSourcePage(t *testing.T) {
	for name, tc := range map[string]struct {
		client directory
		want   []string // the state and the value of each visit
		err    error
	}{
		"profiles":  {inMemory{"7": `{ "name": "Ada" }`, "9": "not JSON"}, []string{`loaded {"name":"Ada"}`, "missing ", "failed "}, nil},
		"forbidden": {locked{}, []string{"failed ", "failed ", "failed "}, stages.ErrFatal},
	} {
		t.Run(name, func(t *testing.T) {
			plan, visitor := visits(tc.client)
			rows := plan.Run(t.Context(), []visit{{7}, {8}, {9}})
			if !errors.Is(rows.Err(), tc.err) {
				t.Errorf("%v, want %v", rows.Err(), tc.err)
			}
			var got []string
			for row := range rows.All() {
				r := visitor.Of(row)
				got = append(got, fmt.Sprintf("%v %s", r.State, r.Value))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
