package pipelinefile

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/loaderline/loaderline/internal/strictyaml"
)

// defaultNegativeTTL is the default of negative_ttl for stages with a ttl at least as long.
const defaultNegativeTTL = 30 * time.Second

// checker checks what takes more than one key. It leaves out keys that have a problem already, so that one mistake is one
// error.
type checker struct {
	*strictyaml.Document

	file *File
	dir  string // Options.Dir
}

// check sets the defaults that depend on other keys, and finds values that do not go together.
func (c *checker) check() {
	f := c.file
	if !c.Has("name") {
		f.Name = f.Input.Group
	}
	c.resolveDatabases()
	c.checkAuthentication()
	c.checkCertificates()
	c.checkInputSchema()
	c.checkTopics()
	c.checkOutput()
	c.checkRetryTopics()
	if f.Retry.Initial > f.Retry.Max && c.anyValid("retry.initial", "retry.max") {
		c.Fail("retry.initial", "%s is longer than retry.max, %s; make it shorter", strictyaml.FormatDuration(f.Retry.Initial), strictyaml.FormatDuration(f.Retry.Max))
	}
	for i := range f.Sources {
		c.checkSource(&f.Sources[i])
	}
	c.shareMemory()
	for i := range f.Stages {
		c.checkStage(i)
	}
	if r := f.Cache.Redis; r != nil {
		c.checkRedis("cache.redis", &r.Redis)
	}
	if f.Cache.Invalidate != nil {
		c.checkInvalidate(f.Cache.Invalidate)
	}
}

// anyValid reports whether the file has a valid scalar for one of the keys.
func (c *checker) anyValid(keys ...string) bool { return slices.ContainsFunc(keys, c.Valid) }

func (c *checker) checkAuthentication() {
	k := c.file.Kafka
	if s := k.SASL; s != nil && s.Mechanism == MechanismPlain && !k.TLS.Enabled && !s.AllowPlaintext {
		c.Fail("kafka.sasl.mechanism", "PLAIN would send the password unencrypted; set kafka.tls to true, use SCRAM-SHA-512, or set kafka.sasl.allow_plaintext to true if the network is trusted")
	}
}

// checkCertificates refuses half of a client's certificate, wherever there is a section tls.
func (c *checker) checkCertificates() {
	for has := range c.ValidKeys() {
		for _, pair := range [][2]string{{".tls.cert", ".tls.key"}, {".tls.key", ".tls.cert"}} {
			section, is := strings.CutSuffix(has, pair[0])
			if is && !c.Has(section+pair[1]) {
				c.Fail(has, "a client certificate needs both cert and key; add %s", strings.TrimPrefix(pair[1], ".tls."))
			}
		}
	}
}

// checkTopics refuses topics that would feed a pipeline its own records.
func (c *checker) checkTopics() {
	f := c.file
	inputs := make(map[string]int)
	for i, topic := range f.Input.Topics {
		key := fmt.Sprintf("input.topics[%d]", i)
		if first, ok := inputs[topic]; ok && c.Valid(key) {
			c.Fail(key, "%s is the same topic as input.topics[%d]; remove one of them", c.Scalar(key), first)
		}
		inputs[topic] = i
	}
	for _, out := range []struct{ key, topic, what string }{
		{"output.topic", f.Output.Topic, "enriched records"},
		{"dead_letter.topic", f.DeadLetter.Topic, "dead letters"},
	} {
		if !c.Valid(out.key) {
			continue
		}
		_, loop := inputs[out.topic]
		switch shown := c.Scalar(out.key); {
		case loop:
			c.Fail(out.key, "%s is also in input.topics, so that %s would be read as events again; choose another topic", shown, out.what)
		case out.key != "output.topic" && out.topic == f.Output.Topic:
			c.Fail(out.key, "%s is also output.topic, where dead letters would look like enriched records; choose another topic", shown)
		}
	}
}

// checkStage checks one stage against the sources and the stages before it.
func (c *checker) checkStage(i int) {
	s := &c.file.Stages[i]
	key := "stages." + s.Name
	if !c.Has(key) {
		return // Its name or its value has been refused.
	}
	if source := key + ".source"; c.Valid(source) {
		from, ok := c.file.Source(s.Source)
		switch {
		case !ok:
			c.noSource(source)
		case from.Kind().Local():
		case s.OnOutage != OnOutagePause && !from.Breaker.Enabled && c.Valid(key+".on_outage"):
			c.Fail(key+".on_outage", "without a breaker every micro-batch of an outage would first wait for the retries; add breaker: true to sources.%s", s.Source)
		}
	}
	for n, by := range s.By {
		c.checkBy(i, n, by)
	}
	c.checkKey(key, s)
	c.checkAsk(key, s)
	c.checkAt(key, s)
	if s.OnMissing == OnMissingRetry && s.Many {
		c.Fail(key+".on_missing", "with many: true no rows are an empty list, and not missing, so there is nothing to wait for; use keep, drop or dead_letter")
	}
	if from, ok := c.file.Source(s.Source); ok && from.Kind().Local() {
		c.checkLocalStage(key, s, &from)
	} else {
		c.checkStageCache(key, s)
	}
	c.checkPreload(key, s)
}

// checkStageCache sets the defaults of a stage's cache.
func (c *checker) checkStageCache(key string, s *Stage) {
	if !c.Valid(key + ".cache.ttl") {
		s.Cache.TTL = c.file.Cache.TTL
	}
	if !c.Valid(key + ".cache.negative_ttl") {
		s.Cache.NegativeTTL = min(s.Cache.TTL, defaultNegativeTTL)
	}
	if s.Cache.StaleIfError > 0 && s.Cache.TTL == 0 {
		c.Fail(key+".cache.stale_if_error", "the stage is not cached, so there is nothing stale to serve; give it a ttl, as in cache: {ttl: 10m, stale_if_error: 1h}")
	}
	if s.Cache.Refresh > 0 && s.Cache.TTL == 0 {
		c.Fail(key+".cache.refresh", "the stage is not cached, so there is nothing to refresh; give it a ttl, as in cache: {ttl: 10m, refresh: 80%%}")
	}
}

func (c *checker) noSource(key string) {
	names := make([]string, len(c.file.Sources))
	for i, s := range c.file.Sources {
		names[i] = s.Name
	}
	c.noName("source", key, names)
}

// noName says that the value of key is none of the names of its kind, source
// or stage.
func (c *checker) noName(kind, key string, names []string) {
	for _, name := range names {
		if !c.Has(kind + "s." + name) {
			return // That name was refused: it may be the one that is meant.
		}
	}
	if len(names) == 0 {
		return // That is an error already.
	}
	written := c.Scalar(key)
	suggestion := ""
	if !written.Interpolated() {
		suggestion = strictyaml.DidYouMean(written.Text(), names)
	}
	switch {
	case suggestion != "":
	case len(names) == 1:
		suggestion = "; the only " + kind + " is " + names[0]
	default:
		suggestion = "; the " + kind + "s are " + strictyaml.JoinWords(names, "and")
	}
	c.Fail(key, "no %s has the name %s%s", kind, written.Written(), suggestion)
}

// checkKey checks that a composite key has as many columns as paths.
func (c *checker) checkKey(key string, s *Stage) {
	if len(s.By) == 0 {
		return
	}
	for _, other := range []struct {
		name   string
		values []string
	}{{"key", s.Key}, {"key_type", s.KeyType}} {
		if len(other.values) > 0 && len(other.values) != len(s.By) {
			c.Fail(key+"."+other.name, "%s has %d, but by has %d; write one for each path of by, in the same order", other.name, len(other.values), len(s.By))
		}
	}
}
