package pipelinefile

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// defaultNegativeTTL is how long it is kept that a key has no row, where the
// file does not say and rows are kept as long.
const defaultNegativeTTL = 30 * time.Second

// check does what takes more than one key: defaults that depend on others, and
// values that do not go together. A key that had a problem of its own is left
// out, so that one mistake is one error.
func (d *decoder) check() {
	f := d.file
	if _, named := d.file.positions["name"]; !named {
		f.Name = f.Input.Group
	}
	d.resolveDatabases()
	d.checkAuthentication()
	d.checkCertificates()
	d.checkTopics()
	d.checkRetryTopics()
	if f.Retry.Initial > f.Retry.Max && d.anyRead("retry.initial", "retry.max") {
		d.fail("retry.initial", "%s is longer than retry.max, %s; make it shorter", formatDuration(int64(f.Retry.Initial)), formatDuration(int64(f.Retry.Max)))
	}
	for i := range f.Sources {
		d.checkSource(&f.Sources[i])
	}
	for i := range f.Stages {
		d.checkStage(i)
	}
	if r := f.Cache.Redis; r != nil {
		d.checkRedis("cache.redis", &r.Redis)
	}
	if f.Cache.Invalidate != nil {
		d.checkInvalidate(f.Cache.Invalidate)
	}
}

// read reports whether the file has the key, without a problem.
func (d *decoder) read(key string) bool {
	_, ok := d.written[key]
	return ok
}

// anyRead reports whether the file has one of the keys.
func (d *decoder) anyRead(keys ...string) bool { return slices.ContainsFunc(keys, d.read) }

func (d *decoder) checkAuthentication() {
	k := d.file.Kafka
	if s := k.SASL; s != nil && s.Mechanism == MechanismPlain && !k.TLS.Enabled && !s.AllowPlaintext {
		d.fail("kafka.sasl.mechanism", "PLAIN would send the password unencrypted; set kafka.tls to true, use SCRAM-SHA-512, or set kafka.sasl.allow_plaintext to true if the network is trusted")
	}
}

// checkCertificates refuses half of a client's certificate, wherever there is a section tls.
func (d *decoder) checkCertificates() {
	for has := range d.written {
		for _, pair := range [][2]string{{".tls.cert", ".tls.key"}, {".tls.key", ".tls.cert"}} {
			section, is := strings.CutSuffix(has, pair[0])
			if _, there := d.file.positions[section+pair[1]]; is && !there {
				d.fail(has, "a client certificate needs both cert and key; add %s", strings.TrimPrefix(pair[1], ".tls."))
			}
		}
	}
}

// checkTopics refuses topics that would feed a pipeline its own records.
func (d *decoder) checkTopics() {
	f := d.file
	inputs := make(map[string]int)
	for i, topic := range f.Input.Topics {
		key := fmt.Sprintf("input.topics[%d]", i)
		if first, ok := inputs[topic]; ok && d.read(key) {
			d.fail(key, "%s is the same topic as input.topics[%d]; remove one of them", d.written[key].shown(), first)
		}
		inputs[topic] = i
	}
	for _, out := range []struct{ key, topic, what string }{
		{"output.topic", f.Output.Topic, "enriched records"},
		{"dead_letter.topic", f.DeadLetter.Topic, "dead letters"},
	} {
		if !d.read(out.key) {
			continue
		}
		_, loop := inputs[out.topic]
		switch shown := d.written[out.key].shown(); {
		case loop:
			d.fail(out.key, "%s is also in input.topics, so that %s would be read as events again; choose another topic", shown, out.what)
		case out.key != "output.topic" && out.topic == f.Output.Topic:
			d.fail(out.key, "%s is also output.topic, where dead letters would look like enriched records; choose another topic", shown)
		}
	}
}

// checkStage checks one stage against the sources and the stages before it.
func (d *decoder) checkStage(i int) {
	s := &d.file.Stages[i]
	key := "stages." + s.Name
	if _, ok := d.file.positions[key]; !ok {
		return // Its name or its value has been refused.
	}
	if source := key + ".source"; d.read(source) {
		from, ok := d.file.Source(s.Source)
		switch {
		case !ok:
			d.noSource(source)
		case s.OnOutage != OnOutagePause && !from.Breaker.Enabled && d.read(key+".on_outage"):
			d.fail(key+".on_outage", "without a breaker every micro-batch of an outage would first wait for the retries; add breaker: true to sources.%s", s.Source)
		}
	}
	for n, by := range s.By {
		d.checkBy(i, n, by)
	}
	d.checkKey(key, s)
	d.checkAsk(key, s)
	if s.OnMissing == OnMissingRetry && s.Many {
		d.fail(key+".on_missing", "with many: true no rows are an empty list, and not missing, so there is nothing to wait for; use keep, drop or dead_letter")
	}
	if !d.read(key + ".cache.ttl") {
		s.Cache.TTL = d.file.Cache.TTL
	}
	if !d.read(key + ".cache.negative_ttl") {
		s.Cache.NegativeTTL = min(s.Cache.TTL, defaultNegativeTTL)
	}
	if s.Cache.StaleIfError > 0 && s.Cache.TTL == 0 {
		d.fail(key+".cache.stale_if_error", "the stage is not cached, so there is nothing stale to serve; give it a ttl, as in cache: {ttl: 10m, stale_if_error: 1h}")
	}
	if s.Cache.Refresh > 0 && s.Cache.TTL == 0 {
		d.fail(key+".cache.refresh", "the stage is not cached, so there is nothing to refresh; give it a ttl, as in cache: {ttl: 10m, refresh: 80%%}")
	}
	d.checkPreload(key, s)
}

func (d *decoder) noSource(key string) {
	names := make([]string, len(d.file.Sources))
	for i, s := range d.file.Sources {
		names[i] = s.Name
	}
	d.noName("source", key, names)
}

// noName says that the value of key is none of the names of its kind, source
// or stage.
func (d *decoder) noName(kind, key string, names []string) {
	for _, name := range names {
		if _, ok := d.file.positions[kind+"s."+name]; !ok {
			return // That name was refused: it may be the one that is meant.
		}
	}
	if len(names) == 0 {
		return // That is an error already.
	}
	written := d.written[key]
	suggestion := ""
	if !written.replaced {
		suggestion = didYouMean(written.text, names)
	}
	switch {
	case suggestion != "":
	case len(names) == 1:
		suggestion = "; the only " + kind + " is " + names[0]
	default:
		suggestion = "; the " + kind + "s are " + listed(names, "and")
	}
	d.fail(key, "no %s has the name %s%s", kind, strings.TrimPrefix(written.shown(), "the value of "), suggestion)
}

// checkKey checks that a composite key has as many columns as paths.
func (d *decoder) checkKey(key string, s *Stage) {
	if len(s.By) == 0 {
		return
	}
	for _, other := range []struct {
		name   string
		values []string
	}{{"key", s.Key}, {"key_type", s.KeyType}} {
		if len(other.values) > 0 && len(other.values) != len(s.By) {
			d.fail(key+"."+other.name, "%s has %d, but by has %d; write one for each path of by, in the same order", other.name, len(other.values), len(s.By))
		}
	}
}
