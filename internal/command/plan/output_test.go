package plan_test

import (
	"encoding/json"
	"testing"

	"github.com/loaderline/loaderline/internal/command/plan"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
)

func TestOutput(t *testing.T) {
	file, err := pipelinefile.Load("../../pipelinefile/testdata/right/output.yaml")
	if err != nil {
		t.Fatal(err)
	}
	output := plan.New(&pipeline.Layout{File: file}).Output
	text, err := json.Marshal(output)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"topic":"orders-enriched","delivery":"exactly_once","partition":"key","format":"json",` +
		`"value":{"id":"event.order_id","place.of sale":{"shop":"event.shop","version":"2","old":"null","test":"false"},` +
		`"user":{"name":"user.name","tier":"user.tier"},"total":"event.amount * (1 + event.vat)","tags":["event.tag","\"order\"",{}]},` +
		`"key":"item.id","headers":[{"name":"tenant","value":"event.tenant"},{"name":"version","value":"2"}],"for_each":"event.items",` +
		`"routes":[{"when":"user.tier == \"gold\"","topic":"gold-orders"},{"when":"event.test","drop":true},{"when":"true","topic":"orders-enriched"}]}`
	if string(text) != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
	const words = "exactly once, the value as the file says, partition by key, a record for each item of event.items, key item.id, headers tenant and version"
	if output.String() != words {
		t.Errorf("got %q", output)
	}
	for i, want := range []string{`gold-orders if user.tier == "gold"`, "dropped if event.test", "orders-enriched if true"} {
		if got := output.Routes[i].String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
