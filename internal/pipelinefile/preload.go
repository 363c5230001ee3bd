package pipelinefile

import (
	"regexp"

	"github.com/loaderline/loaderline/internal/strictyaml"
)

// Preload fills a stage's cache from a whole table.
type Preload struct {
	Query   string `key:"query"`
	Wait    bool   `key:"wait"`
	MaxRows int    `key:"max_rows"`
}

func preloadKeys() []strictyaml.Key {
	return []strictyaml.Key{
		{Path: "stages.*.preload", Type: strictyaml.TypeSection, Doc: "Fills the stage's cache from a database at the start, until all rows are read, cache.memory is full or the stage's ttl has passed."},
		{Path: "stages.*.preload.query", Type: strictyaml.TypeString, Required: true, Example: `"SELECT id, name FROM users"`, Doc: "The statement for all rows to load, with the columns of the stage's query in the same order and without $keys. With many it needs an ORDER BY that begins with the key."},
		{Path: "stages.*.preload.wait", Type: strictyaml.TypeBoolean, Default: "true", Doc: "true: no event is read before the rows are loaded. false: they are loaded while events are processed."},
		{Path: "stages.*.preload.max_rows", Type: strictyaml.TypeInteger, Default: "1000000", Min: 1, Max: 1_000_000_000, Doc: "The most rows to read."},
	}
}

var (
	keysParameter = regexp.MustCompile(`\$keys\b`)
	orderBy       = regexp.MustCompile(`(?i)\border\s+by\b`)
)

// checkPreload checks that a stage's preload has a table to read and a cache to fill. The stage's ttl is known.
func (c *checker) checkPreload(key string, s *Stage) {
	if s.Preload == nil {
		return
	}
	preload := key + ".preload"
	if source, ok := c.file.Source(s.Source); ok && len(c.kinds(source.Name)) == 1 {
		switch {
		case source.SQL == nil:
			c.Fail(preload, "a preload reads a table of a database, and %s is %s; remove it", s.Source, kindWords[source.Kind()])
			return
		case !s.Preload.Wait && source.SQL.Pool == 1:
			c.Fail(preload+".wait", "the pool of source %s has one connection, which lookups would have to wait for; set its pool to 2 or more, or wait to true", s.Source)
		}
	}
	if s.Cache.TTL == 0 {
		c.Fail(preload, "the stage is not cached, so there is nothing to fill; give it a ttl, as in cache: {ttl: 1h}")
	}
	switch {
	case !c.Valid(preload + ".query"):
	case keysParameter.MatchString(s.Preload.Query):
		c.Fail(preload+".query", "has $keys, but a preload reads rows without being told their keys; leave the condition out")
	case s.List() && !orderBy.MatchString(s.Preload.Query):
		c.Fail(preload+".query", "the rows of a list have to stand together; add an ORDER BY that begins with the key")
	}
}
