package pipelinefile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loaderline/loaderline/internal/strictyaml"
	"github.com/loaderline/loaderline/sink"
)

// nullExpression is the text of an expression that is null.
const nullExpression = "null"

// maxHeaderName is the most bytes in the name of a header.
const maxHeaderName = 249

// Output says what enriched records hold, and where and how they are published. Expressions are texts; internal/pipeline
// compiles them.
type Output struct {
	Topic     string    `key:"topic"`
	Delivery  Delivery  `key:"delivery"`
	Shape     Shape     `key:"shape"`
	Partition Partition `key:"partition"`
	// Source is what the record's headers say about where its event came from.
	Source SourceHeaders `key:"source"`
	// Value is the form of the record's value. nil: Shape decides.
	Value *strictyaml.Template `key:"value"`
	// HasKey says that Key is the record's key, and not the input's. An empty Key is then none.
	HasKey bool   `key:"-"`
	Key    string `key:"key"`
	// Headers are added to the input's, in the order of the file.
	Headers []OutputHeader `key:"headers"`
	// ForEach is a list: a record for each of its elements. Empty: one record.
	ForEach string `key:"for_each"`
	// Routes are asked in the order of the file. The first whose condition holds decides; if none does, Topic is it.
	Routes []Route `key:"routes"`
	// Format is what values are. The other keys are about the schema that values of the format have.
	Format Format `key:"format"`
	// Schema is not nil if Format has a schema.
	Schema   *OutputSchema `key:"schema"`
	Subject  string        `key:"subject"`
	Register bool          `key:"register"`
	ID       SchemaID      `key:"id"`
}

// OutputHeader is a header of the record. Key is the path of its value in the file, for errors.
type OutputHeader struct{ Name, Value, Key string }

// Route says where a record goes for which When holds: to Topic, or nowhere.
type Route struct {
	When  string `key:"when"`
	Topic string `key:"topic"` // Empty: Drop is true.
	Drop  bool   `key:"drop"`
}

// routeKeys returns the key of each topic that a route names, the first one that does.
func (o *Output) routeKeys() map[string]string {
	keys := make(map[string]string)
	for i, r := range slices.Backward(o.Routes) {
		keys[r.Topic] = fmt.Sprintf("output.routes[%d].topic", i)
	}
	delete(keys, "")
	delete(keys, o.Topic)
	return keys
}

func recordKeys() []strictyaml.Key {
	return slices.Concat([]strictyaml.Key{
		{Path: "output", Type: strictyaml.TypeSection, Required: true, Doc: "What enriched records hold, and where and how they are published."},
		{Path: "output.topic", Type: strictyaml.TypeString, Required: true, Example: "user-events-enriched", Pattern: topicPattern, PatternDoc: topicWords, Doc: "The topic for enriched records."},
		{Path: "output.delivery", Type: strictyaml.TypeEnum, Default: "exactly_once", Enum: words(DeliveryExactlyOnce, DeliveryAtLeastOnce), Doc: "The guarantee for published records."},
		{Path: "output.shape", Type: strictyaml.TypeEnum, Default: "nest", Enum: words(ShapeNest, ShapeMerge), Doc: "nest puts the event into its own field; merge puts the stages next to the event's fields. Not with value."},
		{Path: "output.partition", Type: strictyaml.TypeEnum, Default: "key", Enum: words(PartitionKey, PartitionSource), Doc: "The output partition: by the record's key as Java clients do, or the number of the source partition."},
		{Path: "output.source", Type: strictyaml.TypeEnum, Default: "short", Enum: words(SourceHeadersShort, SourceHeadersFull, SourceHeadersNone), Doc: "Headers that say where the event came from. short: loaderline.source, as topic/partition/offset; full: loaderline.source.topic, .partition, .offset and .timestamp, which cost time and space; none: no header, and no replay --diff. Dead letters and retries have the four."},
		{Path: "output.value", Type: strictyaml.TypeTemplate, Example: "{id: event.order_id, user: {name: user.name}, total: event.amount * 1.2}", Doc: "The value of the record: a tree of names of your choice, and at its ends paths, which are copied as they are, or expressions in the language of when. Defaults to what shape says."},
		{Path: "output.key", Type: strictyaml.TypeExpression, Example: "event.order_id", Doc: "The key of the record: a path or an expression. null: no key. Defaults to the input's key, byte for byte."},
		{Path: "output.headers", Type: strictyaml.TypeExpressions, Example: "{tenant: event.tenant}", Doc: "Headers that are added to the input's: by their names, paths or expressions. One whose value is null is left out."},
		{Path: "output.for_each", Type: strictyaml.TypeExpression, Example: "purchases", Doc: "The path of a list. There is one record for each element, which is item in value, key, headers and routes; for an empty list there is none."},
		{Path: "output.routes", Type: strictyaml.TypeSections, Example: "[{when: user.tier == \"gold\", topic: gold-events}]", Doc: "Where records go that are not for output.topic. The first route whose when holds decides."},
		{Path: "output.routes[].when", Type: strictyaml.TypeExpression, Required: true, Example: `user.tier == "gold"`, Doc: "The condition, in the language of the stages' when."},
		{Path: "output.routes[].topic", Type: strictyaml.TypeString, Pattern: topicPattern, PatternDoc: topicWords, Doc: "The topic for these records."},
		{Path: "output.routes[].drop", Type: strictyaml.TypeBoolean, Default: "false", Doc: "true: these records are not published."},
	}, outputSchemaKeys())
}

// checkOutput checks what the keys of the output say together.
func (c *checker) checkOutput() {
	o := &c.file.Output
	if c.Has("output.value") && c.Valid("output.shape") {
		c.Fail("output.shape", "output.value says all that the record holds, so that shape has no effect; remove one of them")
	}
	if o.HasKey = c.Has("output.key"); o.Key == nullExpression {
		o.Key = ""
	}
	if o.ForEach == nullExpression {
		c.Fail("output.for_each", "null is no list; write the path of one, such as event.items, or remove the key")
	}
	for _, h := range o.Headers {
		c.checkOutputHeader(h)
	}
	for i, r := range o.Routes {
		c.checkRoute(fmt.Sprintf("output.routes[%d]", i), r)
	}
	c.checkOutputSchema(o)
}

func (c *checker) checkOutputHeader(h OutputHeader) {
	switch {
	case h.Name == "":
		c.Fail(h.Key, "a header needs a name")
	case len(h.Name) > maxHeaderName:
		c.Fail(h.Key, "the name of the header has %d bytes, and the most is %d; write a shorter one", len(h.Name), maxHeaderName)
	case strings.HasPrefix(h.Name, sink.Prefix):
		c.Fail(h.Key, "headers that begin with %s are loaderline's own; choose another name", sink.Prefix)
	case h.Value == nullExpression:
		c.Fail(h.Key, "a header whose value is null is left out; remove it")
	}
}

// checkRoute checks that a route says one place, and that no record comes from there or waits there.
func (c *checker) checkRoute(key string, r Route) {
	if r.When == nullExpression {
		c.Fail(key+".when", "null is no condition; write one, such as user.tier == \"gold\", or true for all other records")
	}
	topic := key + ".topic"
	switch {
	case c.FailedBelow(key):
		return
	case r.Topic != "" && r.Drop:
		c.Fail(key+".drop", "a route has either topic or drop: true; remove one of them")
		return
	case r.Topic == "" && !r.Drop:
		c.Fail(key, "nothing says where these records go; write topic: and a topic, or drop: true")
		return
	case !c.Valid(topic):
		return
	}
	shown := c.Scalar(topic)
	switch f := c.file; {
	case slices.Contains(f.Input.Topics, r.Topic):
		c.Fail(topic, "%s is also in input.topics, so that enriched records would be read as events again; choose another topic", shown)
	case r.Topic == f.DeadLetter.Topic:
		c.Fail(topic, "%s is also dead_letter.topic, where enriched records would look like dead letters; choose another topic", shown)
	}
}
