package avro_test

import (
	"testing"

	library "github.com/twmb/avro"

	"github.com/loaderline/loaderline/internal/format/avro"
)

// eventSchema is that of a usual event, and nestedSchema that of one with a user and purchases in it.
const eventSchema = `{"type":"record","name":"Event","namespace":"shop","fields":[
	{"name":"user_id","type":"string"},
	{"name":"seq","type":"long"},
	{"name":"type","type":{"type":"enum","name":"Type","symbols":["view","click","purchase"]}},
	{"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}},
	{"name":"amount","type":["null",{"type":"bytes","logicalType":"decimal","precision":12,"scale":2}],"default":null},
	{"name":"referrer","type":["null","string"],"default":null}]}`

const eventJSON = `{"user_id":"user-000042","seq":123456789,"type":"click","at":"2026-11-29T14:54:00.123Z","amount":1234.50,"referrer":"newsletter"}`

const nestedSchema = `{"type":"record","name":"Nested","namespace":"shop","fields":[
	{"name":"event","type":` + eventSchema + `},
	{"name":"user","type":["null",{"type":"record","name":"User","fields":[
		{"name":"id","type":"string"},{"name":"name","type":["null","string"]},{"name":"age","type":["null","int"]},{"name":"score","type":["null","double"]},{"name":"active","type":"boolean"}]}]},
	{"name":"purchases","type":{"type":"array","items":{"type":"record","name":"Purchase","fields":[
		{"name":"id","type":"long"},{"name":"product","type":"string"},{"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":12,"scale":2}},
		{"name":"at","type":{"type":"long","logicalType":"timestamp-micros"}},
		{"name":"reviews","type":{"type":"array","items":{"type":"record","name":"Review","fields":[
			{"name":"stars","type":"int"},{"name":"text","type":["null","string"]}]}}}]}}}]}`

const reviewsJSON = `[{"stars":5,"text":"Fits as the picture says, and came the next day"},{"stars":3,"text":null},{"stars":4,"text":"The second one is for a friend who liked it"}]`

const nestedJSON = `{"event":` + eventJSON + `,"user":{"id":"user-000042","name":"Grace Hopper-Example","age":42,"score":0.8125,"active":true},"purchases":[` +
	`{"id":1001,"product":"Bicycle bell, brass, with a spring","price":12.90,"at":"2026-10-01T08:00:00.000123Z","reviews":` + reviewsJSON + `},` +
	`{"id":1002,"product":"Tyre 28-622, reflective stripe","price":34.00,"at":"2026-10-02T09:30:00Z","reviews":` + reviewsJSON + `},` +
	`{"id":1003,"product":"Chain oil for rainy days","price":7.49,"at":"2026-10-03T10:45:12.5Z","reviews":` + reviewsJSON + `}]}`

func parse(tb testing.TB, text string, references ...avro.Reference) *avro.Schema {
	tb.Helper()
	schema, err := avro.Parse(text, references...)
	if err != nil {
		tb.Fatal(err)
	}
	return schema
}

// oracle is the library's view of a schema.
func oracle(tb testing.TB, text string) *library.Schema {
	tb.Helper()
	schema, err := library.Parse(text, library.WithLaxNames(nil))
	if err != nil {
		tb.Fatal(err)
	}
	return schema
}
