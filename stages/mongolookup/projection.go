package mongolookup

import (
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

const idField = "_id"

// projecting says what a field of a projection asks for.
type projecting uint8

const (
	includes projecting = iota
	excludes
	shapes // a part of a field that is there anyway
)

func projectingOf(v any) projecting {
	switch v := v.(type) {
	case bool:
		if !v {
			return excludes
		}
	case int32:
		if v == 0 {
			return excludes
		}
	case int64:
		if v == 0 {
			return excludes
		}
	case float64:
		if v == 0 {
			return excludes
		}
	case bson.D:
		if len(v) == 1 && (v[0].Key == "$slice" || v[0].Key == "$meta") {
			return shapes
		}
	}
	return includes
}

// parseProjection reads a projection, and has it include the key. It returns the paths of what the projection itself would leave out.
func parseProjection(text string, key []string) (projection bson.D, hidden [][]string, err error) {
	if projection, err = parseDocument("project", text); err != nil {
		return nil, nil, err
	}
	inclusive, err := isInclusive(projection)
	if err != nil {
		return nil, nil, err
	}
	for _, path := range key {
		var shown string
		if projection, shown, err = including(projection, path, inclusive); err != nil {
			return nil, nil, err
		}
		if shown != "" {
			hidden = append(hidden, strings.Split(shown, "."))
		}
	}
	return projection, hidden, nil
}

// isInclusive reports whether fields that a projection does not name are left out. _id decides only where it is alone.
func isInclusive(projection bson.D) (bool, error) {
	named := map[projecting]bool{}
	id := excludes
	for _, e := range projection {
		if e.Key == idField {
			id = projectingOf(e.Value)
			continue
		}
		named[projectingOf(e.Value)] = true
	}
	if named[includes] && named[excludes] {
		return false, fmt.Errorf("project names fields to take and fields to leave out: write only one of these, beside %s", idField)
	}
	return named[includes] || !named[excludes] && id == includes, nil
}

// including returns a projection that includes a path. shown is what it includes for that alone, and is empty if it did before.
func including(projection bson.D, path string, inclusive bool) (_ bson.D, shown string, err error) {
	at := -1 // What decides about the path.
	for i, e := range projection {
		switch {
		case e.Key == path || strings.HasPrefix(path, e.Key+"."):
			at = i
		case inclusive && strings.HasPrefix(e.Key, path+"."):
			return nil, "", fmt.Errorf("project takes a part of %s, which holds the key: take it whole", path)
		}
	}
	switch first, _, _ := strings.Cut(path, "."); {
	case at >= 0 && projectingOf(projection[at].Value) != excludes:
		return projection, "", nil
	case at >= 0 && inclusive: // _id: 0
		projection[at].Value = int32(1)
		return projection, projection[at].Key, nil
	case at >= 0:
		shown = projection[at].Key
		return append(projection[:at:at], projection[at+1:]...), shown, nil
	case inclusive && first != idField:
		return append(projection, bson.E{Key: path, Value: int32(1)}), outermost(path, projection), nil
	}
	return projection, "", nil
}

// outermost returns the shortest beginning of a path below which a projection includes nothing.
func outermost(path string, projection bson.D) string {
	names := strings.Split(path, ".")
	for n := 1; n < len(names); n++ {
		begin := strings.Join(names[:n], ".")
		if !slices.ContainsFunc(projection, func(e bson.E) bool { return strings.HasPrefix(e.Key, begin+".") }) {
			return begin
		}
	}
	return path
}

// appendWithout appends a document, or an array, without what is at some paths. A path goes through arrays.
func appendWithout(dst []byte, document bsoncore.Document, paths [][]string, array bool) ([]byte, error) {
	start, dst := bsoncore.AppendDocumentStart(dst)
	elements, err := document.Elements()
	if err != nil {
		return nil, err
	}
	for _, element := range elements {
		below, dropped := paths, false
		if !array {
			below, dropped = pathsBelow(paths, element.Key())
		}
		value := element.Value()
		isArray := value.Type == bsoncore.TypeArray
		switch {
		case dropped:
		case len(below) > 0 && (isArray || value.Type == bsoncore.TypeEmbeddedDocument):
			dst = bsoncore.AppendHeader(dst, value.Type, element.Key())
			if dst, err = appendWithout(dst, value.Data, below, isArray); err != nil {
				return nil, err
			}
		default:
			dst = append(dst, element...)
		}
	}
	return bsoncore.AppendDocumentEnd(dst, start)
}

// pathsBelow returns the rests of the paths that begin with a name, and whether one of them ends there.
func pathsBelow(paths [][]string, name string) (below [][]string, ends bool) {
	for _, path := range paths {
		switch {
		case path[0] != name:
		case len(path) == 1:
			ends = true
		default:
			below = append(below, path[1:])
		}
	}
	return below, ends
}
