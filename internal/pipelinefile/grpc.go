package pipelinefile

import (
	"fmt"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/internal/strictyaml"
)

// GRPC is a method of a gRPC service.
type GRPC struct {
	Address         string                       `key:"address"`
	TLS             TLS                          `key:"tls"`
	Metadata        map[string]strictyaml.Secret `key:"metadata"`
	Descriptor      string                       `key:"descriptor"` // Empty: Reflection.
	Reflection      bool                         `key:"reflection"`
	Method          string                       `key:"method"`
	Request         jsontext.Value               `key:"request"` // nil: the default.
	Items           string                       `key:"items"`
	Key             []string                     `key:"key"`
	Value           string                       `key:"value"`
	Error           string                       `key:"error"`
	PermanentErrors []string                     `key:"permanent_errors"`
	Missing         []string                     `key:"missing"`
	MaxBody         int64                        `key:"max_body"`
}

func grpcKeys() []strictyaml.Key {
	const section = "sources.*.grpc"
	return slices.Concat([]strictyaml.Key{
		{Path: section, Type: strictyaml.TypeSection, Doc: "A method of a gRPC service that takes many keys in one request."},
		{Path: section + ".address", Type: strictyaml.TypeString, Required: true, Example: "catalog.example:443", Pattern: `^(\[[0-9a-fA-F:.%]+\]|[^\s:/@,\[\]]+):[0-9]{1,5}$`, PatternDoc: "an address is host:port, without a scheme or a password", Doc: "The service, as host:port. Calls go to all addresses of the host in turn. Link-local and metadata addresses are never contacted."},
	}, tlsKeys(section, "Encryption to the service."), []strictyaml.Key{
		{Path: section + ".metadata", Type: strictyaml.TypeSecrets, Doc: `Metadata of each call, such as {authorization: "Bearer ${TOKEN}"}.`},
		{Path: section + ".descriptor", Type: strictyaml.TypePath, Doc: "A file that describes the service: a descriptor set of protoc --include_imports --descriptor_set_out, or a .proto file with what it imports below its folder. Required without reflection."},
		{Path: section + ".reflection", Type: strictyaml.TypeBoolean, Default: "false", Doc: "Asks the service's reflection service for its description at start, in place of descriptor."},
		{Path: section + ".method", Type: strictyaml.TypeString, Required: true, Example: "shop.Catalog/GetProducts", Pattern: `^[A-Za-z_][A-Za-z0-9_.]*/[A-Za-z_][A-Za-z0-9_]*$`, PatternDoc: "a method is the full name of the service, a slash and the method, as in shop.Catalog/GetProducts", Doc: "The method, with one request and one response."},
		{Path: section + ".request", Type: strictyaml.TypeDocument, Example: "{ids: $keys}", Doc: `The request message. $keys stands for the list of keys, in a repeated field. A list with one element that has $key in it has such an element for each key: refs: [{id: $key}]. For a composite key its parts are "$key[0]", "$key[1]" and so on. Defaults to {ids: $keys}.`},
		{Path: section + ".items", Type: strictyaml.TypeString, Required: true, Example: "products", Doc: "The path in the response to the repeated field with the rows, or to a map field whose keys are the keys. [] stands for each element of a repeated field on the way. Fields have their names of the .proto file."},
		{Path: section + ".key", Type: strictyaml.TypeListOrOne, Doc: "The path in a row to the key, or the list of them for a composite key. Defaults to id. A map field has none."},
		{Path: section + ".value", Type: strictyaml.TypeString, Doc: "The path in a row to the result. Defaults to the row itself."},
		{Path: section + ".error", Type: strictyaml.TypeString, Doc: "The path in a row to the row's own error: a google.rpc.Status, or a code of gRPC as a number, a name or an enum. Defaults to none."},
		{Path: section + ".permanent_errors", Type: strictyaml.TypeList, Doc: "Words at error for which the key is at fault. They are not retried."},
		{Path: section + ".missing", Type: strictyaml.TypeList, Pattern: `^(NOT_FOUND|INVALID_ARGUMENT|FAILED_PRECONDITION|OUT_OF_RANGE)$`, PatternDoc: "a code that can mean unknown keys is NOT_FOUND, INVALID_ARGUMENT, FAILED_PRECONDITION or OUT_OF_RANGE", Doc: "Codes of a whole call, such as [NOT_FOUND], that mean unknown keys: all of them, or only some. Such a call for several keys is divided until each key has its result. This can take one call per key. Defaults to none."},
		{Path: section + ".max_body", Type: strictyaml.TypeSize, Default: "64MiB", Min: kib, Max: gib, Doc: "The most bytes of a response, as a message and as JSON. A larger response is requested again with fewer keys."},
	})
}

// checkGRPC refuses what a gRPC section cannot be.
func (c *checker) checkGRPC(key string, s *Source) {
	section := key + ".grpc"
	switch g := s.GRPC; {
	case g.Reflection && c.Has(section+".descriptor"):
		c.Fail(section+".reflection", "there is a descriptor too, and one of them describes the service; remove one of them")
	case !g.Reflection && !c.Has(section+".descriptor") && !c.FailedBelow(section):
		c.Fail(section, "nothing describes the messages of the service; write descriptor with a descriptor set or a .proto file, or reflection: true")
	}
	for i, code := range s.GRPC.Missing {
		if class, both := s.Errors[code]; both {
			c.Fail(fmt.Sprintf("%s.missing[%d]", section, i), "%s.errors has %s as %s, and it cannot mean both; remove one of them", key, code, class)
		}
	}
}

// checkRow checks that the rows of a gRPC service have as many parts of the key as a stage.
func (c *checker) checkRow(key string, s *Stage, source *Source) {
	g := source.GRPC
	if len(s.By) == 0 || c.FailedBelow("sources."+source.Name) || len(g.Key) == len(s.By) || len(g.Key) == 0 && len(s.By) == 1 {
		return
	}
	c.Fail(key+".by", "by has %s, and the key of sources.%s.grpc has %s; write one path for each part, in the same order", plural.Count(len(s.By), "part"), source.Name, plural.Count(max(len(g.Key), 1), "part"))
}
