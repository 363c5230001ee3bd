package mongolookup

import (
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Render returns a document as JSON.
func Render(document bson.Raw, extended bool) ([]byte, error) {
	return newRenderer(extended).render(document)
}

// UntilPooled repeats a call as long as the pool of connections was cleared before it had one.
var UntilPooled = untilPooled

// Without returns a document without what is at some paths.
func Without(document bson.Raw, paths ...string) (bson.Raw, error) {
	var split [][]string
	for _, path := range paths {
		split = append(split, strings.Split(path, "."))
	}
	return appendWithout(nil, []byte(document), split, false)
}
