package mongolookup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// Query finds the documents of many keys at once. Find, Project and Sort are JSON objects, or Extended JSON for values that JSON
// does not have. The zero value of each field but Collection and Find is its default.
type Query struct {
	// Name names the stage in errors. Defaults to "lookup".
	Name string
	// Collection is the name of the collection, or of a view.
	Collection string
	// Find is the filter. The string "$keys" stands in it once for the list of keys, as in {"user_id": {"$in": "$keys"}}. A composite
	// key is a sub-document there: {"_id": {"$in": "$keys"}} with the key _id.tenant and _id.id in the order of the documents. Or
	// each key is a condition: {"$or": "$keys"}. Other conditions are constant.
	Find string
	// Project is the projection. The fields of the key are read in any case, and left out of the value if it leaves them out.
	// Defaults to the whole document.
	Project string
	// Sort is the order of the documents of a key. Defaults to the order in which the server finds them.
	Sort string
	// Key is the paths to the fields that hold the parts of the key. Defaults to the field that Find compares by $in.
	Key []string
	// KeyType names the types of the key's parts, one of those in package lookup each. Defaults to any.
	KeyType []string
	// Many makes a list of a key's documents. Without it a second document fails the key.
	Many bool
	// Extended reports whether values are relaxed Extended JSON.
	Extended bool
}

// mongoLookup is a Query that was checked.
type mongoLookup struct {
	client     *client
	collection string
	filter     *filter
	projection bson.D
	hidden     [][]string // paths to what is read for the key alone
	sort       bson.D
	types      lookupkey.Types
	keys       [][]string // paths, by part
	many       bool
	extended   bool
}

var (
	_ lookup.Lookup    = (*mongoLookup)(nil)
	_ lookupext.Typed  = (*mongoLookup)(nil)
	_ lookupext.Prober = (*mongoLookup)(nil)
)

// Lookup implements lookup.Client.
func (c *client) Lookup(_ context.Context, q Query) (lookup.Lookup, error) {
	if q.Name == "" {
		q.Name = "lookup"
	}
	l, err := c.compile(q)
	if err != nil {
		return nil, fmt.Errorf("stage %s: %w", q.Name, stages.WithClass(&mongoError{message: err.Error(), err: err}, stages.Fatal))
	}
	return l, nil
}

func (c *client) compile(q Query) (*mongoLookup, error) {
	l := &mongoLookup{client: c, collection: q.Collection, many: q.Many, extended: q.Extended}
	var collectionErr, sortErr, projectErr error
	if q.Collection == "" {
		collectionErr = errors.New("there is no collection: it is the name of the one that has the documents")
	}
	if q.Sort != "" {
		l.sort, sortErr = parseDocument("sort", q.Sort)
	}
	key := slices.Clone(q.Key)
	var findErr error
	if l.filter, findErr = parseFilter(q.Find, key); findErr == nil {
		if len(key) == 0 {
			key = []string{l.filter.field}
		}
		if q.Project != "" {
			l.projection, l.hidden, projectErr = parseProjection(q.Project, key)
		}
		for _, path := range key {
			l.keys = append(l.keys, strings.Split(path, "."))
		}
	}
	typeErr := l.compileTypes(q.KeyType)
	if findErr == nil && typeErr == nil && len(l.types) != len(l.keys) {
		typeErr = fmt.Errorf("the key has %s, and key_type says %s", plural.Count(len(l.keys), "field"), plural.Count(len(l.types), "type"))
	}
	return l, errors.Join(collectionErr, findErr, projectErr, sortErr, typeErr)
}

func (l *mongoLookup) compileTypes(names []string) error {
	for _, name := range names {
		t, err := lookupkey.ParseType(name)
		if err != nil {
			return err
		}
		if reason := incomparable[t]; reason != "" {
			return fmt.Errorf("key_type %s: %s", t, reason)
		}
		l.types = append(l.types, t)
	}
	if l.types == nil {
		l.types = make(lookupkey.Types, len(l.keys)) // Any.
	}
	return nil
}

// incomparable says why MongoDB cannot compare keys of a type.
var incomparable = map[lookupkey.Type]string{
	lookupkey.CaselessText: "MongoDB tells upper from lower case: say text, and look up a field in lower case",
	lookupkey.PaddedText:   "MongoDB counts trailing spaces: say text",
	lookupkey.Timestamp:    "dates of MongoDB are moments: say timestamptz, or text if the field is a string",
	lookupkey.Date:         "dates of MongoDB are moments: say timestamptz, or text if the field is a string",
}

// Key implements lookup.Lookup.
func (l *mongoLookup) Key(parts ...[]byte) (lookup.Key, error) { return l.types.Key(parts...) }

// Types implements lookupext.Typed.
func (l *mongoLookup) Types() lookupkey.Types { return slices.Clone(l.types) }

// parseDocument reads a JSON object of the query. The driver's error can quote it.
func parseDocument(setting, text string) (bson.D, error) {
	var d bson.D
	if err := bson.UnmarshalExtJSON([]byte(text), false, &d); err != nil {
		return nil, fmt.Errorf("%s is not an object of Extended JSON", setting)
	}
	return d, nil
}
