package pipelinefile

import (
	"slices"

	"github.com/loaderline/loaderline/internal/strictyaml"
)

// MongoDB says which servers and which database are used, and how.
type MongoDB struct {
	URI      strictyaml.Secret `key:"uri"`
	Database string            `key:"database"`
	TLS      TLS               `key:"tls"`
	Pool     int               `key:"pool"`
}

func mongoDBKeys() []strictyaml.Key {
	return slices.Concat([]strictyaml.Key{
		{Path: "sources.*.mongodb", Type: strictyaml.TypeSection, Doc: "A MongoDB server, replica set or sharded cluster, 4.4 or later."},
		{Path: "sources.*.mongodb.uri", Type: strictyaml.TypeSecret, Required: true, Example: `"${MONGO_URI}"`, Doc: "How to connect: mongodb://USER:PASSWORD@HOST:27017/?replicaSet=NAME, or mongodb+srv://; best from the environment or a file. It sets the read preference, the read concern and the authentication too."},
		{Path: "sources.*.mongodb.database", Type: strictyaml.TypeString, Required: true, Example: "shop", Doc: "The database that has the collections."},
		{Path: "sources.*.mongodb.pool", Type: strictyaml.TypeInteger, Default: "8", Min: 1, Max: 1000, Doc: "The most connections to one server, without those that only watch it."},
	}, tlsKeys("sources.*.mongodb", "Encryption to the servers, in place of what the uri says of it."))
}

// checkFind checks that a stage says where documents are and whose they are. The filter itself is checked with the source.
func (c *checker) checkFind(key string, s *Stage) {
	if c.FailedBelow(key) {
		return
	}
	if !c.Has(key + ".collection") {
		c.Fail(key+".collection", "required for MongoDB, but missing; write for example collection: users")
	}
	if !c.Has(key + ".find") {
		c.Fail(key+".find", "required for MongoDB, but missing; write for example find: {user_id: {$in: $keys}}")
	}
	if len(s.By) > 1 && !c.Has(key+".key") {
		c.Fail(key+".key", "required where by has several parts, but missing; write the field of each, as in key: [tenant, id]")
	}
	if format := key + ".format"; s.Format == FormatText {
		c.Fail(format, "a document is no text; write json or extended_json, or remove the key")
	}
}
