package pipelinefile

import (
	"regexp"
	"slices"
	"strings"

	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/internal/strictyaml"
)

// askKeys are the keys of a stage that not every kind of source has.
var askKeys = []struct {
	name  string
	kinds []Kind
}{
	{"query", []Kind{KindSQL}},
	{"get", []Kind{KindRedis}},
	{"hash", []Kind{KindRedis}},
	{"format", []Kind{KindRedis, KindMongoDB}},
	{"request", []Kind{KindHTTP}},
	{"response", []Kind{KindHTTP}},
	{"collection", []Kind{KindMongoDB}},
	{"find", []Kind{KindMongoDB}},
	{"project", []Kind{KindMongoDB}},
	{"sort", []Kind{KindMongoDB}},
	{"key", []Kind{KindSQL, KindHTTP, KindMongoDB}},
}

// kindWords are the kinds of sources as errors name them.
var kindWords = map[Kind]string{
	KindSQL: "a database", KindRedis: "Redis", KindHTTP: "a service over HTTP", KindGRPC: "a gRPC service", KindMongoDB: "MongoDB",
	KindTopic: "a topic", KindFile: "a file", KindInline: "a table in this file",
}

// checkAsk checks what a stage asks its source: that its keys are of the source's kind, and what they say.
func (c *checker) checkAsk(key string, s *Stage) {
	source, ok := c.file.Source(s.Source)
	if !ok || len(c.kinds(source.Name)) != 1 {
		return // There is an error already, and nothing says what the keys should be.
	}
	kind := source.Kind()
	c.checkForeign(key, s, kind)
	switch kind {
	case KindSQL:
		c.checkQuery(key, s, source.SQL.Driver)
	case KindRedis:
		c.checkTemplate(key, s)
	case KindGRPC:
		c.checkRow(key, s, &source)
	case KindMongoDB:
		c.checkFind(key, s)
	case KindHTTP:
		c.checkService(key, s, &source)
	case KindFile, KindInline:
		c.checkTable(key, s, &source)
	case KindTopic:
		c.checkTopicStage(key, s, source.Topic)
	}
}

// checkForeign refuses the keys of a stage that are for sources of another kind.
func (c *checker) checkForeign(key string, s *Stage, kind Kind) {
	for _, ask := range askKeys {
		if c.Has(key+"."+ask.name) && !slices.Contains(ask.kinds, kind) {
			var of, fit []string
			for _, k := range ask.kinds {
				of = append(of, string(k))
			}
			for _, other := range askKeys {
				if slices.Contains(other.kinds, kind) {
					fit = append(fit, other.name)
				}
			}
			instead := "which is asked by " + strictyaml.JoinWords(fit, "and")
			if len(fit) == 0 {
				instead = "which needs by alone; remove the key"
			}
			c.Fail(key+"."+ask.name, "is for sources of kind %s, and %s is %s, %s", strictyaml.JoinWords(of, "or"), s.Source, kindWords[kind], instead)
		}
	}
}

// checkService checks a stage whose source is a service over HTTP.
func (c *checker) checkService(key string, s *Stage, source *Source) {
	c.checkMissing(key, s, source)
	switch {
	case s.Request.One:
		c.checkOne(key, s, source)
	case s.Response.Named:
		c.checkNamed(key, s)
	case c.Has(key + ".key"):
	case len(s.By) > 1:
		c.Fail(key+".key", "required where by has several parts, but missing; write the path of each in an item, as in key: [tenant, id]")
	default:
		s.Key = []string{"id"}
	}
}

// checkTemplate checks the Redis key that a stage's key stands in.
func (c *checker) checkTemplate(key string, s *Stage) {
	get, hash := c.Has(key+".get"), c.Has(key+".hash")
	name, template := "get", s.Get
	switch {
	case get && hash:
		c.Fail(key+".hash", "the stage has get too; write get for a string, or hash for a hash")
		return
	case hash:
		name, template = "hash", s.Hash
	case !get:
		if !c.FailedBelow(key) {
			c.Fail(key+".get", "nothing says which Redis key is asked for; write get for a string or hash for a hash, for example get: user:$key")
		}
		return
	}
	switch format := key + ".format"; {
	case hash && c.Valid(format):
		c.Fail(format, "a hash is an object of strings already; remove the key")
	case s.Format == FormatExtendedJSON:
		c.Fail(format, "is for MongoDB; write json or text")
	}
	if many := key + ".many"; s.Many && !s.HasVersions() && (hash || s.Format != FormatJSON) {
		c.Fail(many, "only JSON can be a list; write get and format: json, or remove the key")
	}
	if !c.Valid(key + "." + name) {
		return
	}
	at := key + "." + name
	if strings.Contains(template, "$key") {
		c.checkPlaceholders(at, template, s)
	} else {
		c.Fail(at, "has no $key, so it would be one Redis key for all events; write for example %s: user:$key", name)
	}
}

// checkPlaceholders checks that a template has one $key for each part of a stage's key.
func (c *checker) checkPlaceholders(at, template string, s *Stage) {
	switch n := len(regexp.MustCompile(`\$key\b`).FindAllString(template, -1)); {
	case n < strings.Count(template, "$key"):
		c.Fail(at, "has a letter or digit right behind $key, as in $keys; $key stands for one key")
	case n != max(len(s.By), 1):
		c.Fail(at, "has %d $key, and by has %s; write one for each path of by, in the same order", n, plural.Count(len(s.By), "path"))
	}
}
