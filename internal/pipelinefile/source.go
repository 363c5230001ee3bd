package pipelinefile

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/loaderline/loaderline/internal/strictyaml"
)

// Kind is what a source is.
type Kind string

// The kinds of sources, by their keys.
const (
	KindSQL     Kind = "sql"
	KindRedis   Kind = "redis"
	KindHTTP    Kind = "http"
	KindGRPC    Kind = "grpc"
	KindMongoDB Kind = "mongodb"
	KindTopic   Kind = "topic"
	KindFile    Kind = "file"
	KindInline  Kind = "inline"
)

// kinds are all kinds, in the order in which words name them.
var kinds = []Kind{KindSQL, KindRedis, KindHTTP, KindGRPC, KindMongoDB, KindTopic, KindFile, KindInline}

// Local reports whether the rows of such a source are in this process: nothing is called, cached or limited.
func (k Kind) Local() bool { return k == KindTopic || k == KindFile || k == KindInline }

// Source is something that answers keys. Exactly one kind is set.
type Source struct {
	Name     string        `key:"-"`
	SQL      *SQL          `key:"sql"`
	Redis    *Redis        `key:"redis"`
	HTTP     *HTTPSource   `key:"http"`
	GRPC     *GRPC         `key:"grpc"`
	MongoDB  *MongoDB      `key:"mongodb"`
	File     *FileSource   `key:"file"`
	Inline   *Inline       `key:"inline"`
	Topic    *TopicSource  `key:"topic"`
	Timeout  time.Duration `key:"timeout"`
	MaxKeys  int           `key:"max_keys"`
	MaxCalls int           `key:"max_calls"`
	Rate     *Rate         `key:"rate"` // nil: no bound.
	Breaker  Breaker       `key:"breaker"`
	// Errors are the classes of errors, by the source's code for them.
	Errors map[string]ErrorClass `key:"errors"`
}

// Kind is the kind that is set.
func (s *Source) Kind() Kind {
	switch {
	case s.Redis != nil:
		return KindRedis
	case s.HTTP != nil:
		return KindHTTP
	case s.GRPC != nil:
		return KindGRPC
	case s.MongoDB != nil:
		return KindMongoDB
	case s.File != nil:
		return KindFile
	case s.Inline != nil:
		return KindInline
	case s.Topic != nil:
		return KindTopic
	default:
		return KindSQL
	}
}

// Driver is what answers, in one word: the database's driver, or the kind of another source.
func (s *Source) Driver() string {
	if s.SQL != nil {
		return string(s.SQL.Driver)
	}
	return string(s.Kind())
}

// SQL is a database. The path of an SQLite database is joined with the folder of the pipeline file.
type SQL struct {
	Driver Driver            `key:"driver"`
	DSN    strictyaml.Secret `key:"dsn"`
	Pool   int               `key:"pool"`
}

// HTTPSource is a service over HTTP.
type HTTPSource struct {
	URL     string                       `key:"url"`
	Headers map[string]strictyaml.Secret `key:"headers"`
	OAuth   *OAuth                       `key:"oauth"` // nil: none.
	Health  string                       `key:"health"`
	TLS     TLS                          `key:"tls"`
	Pool    int                          `key:"pool"`
	MaxBody int64                        `key:"max_body"`
}

// Rate bounds how often a source is called.
type Rate struct {
	Calls int           `key:"calls"`
	Per   time.Duration `key:"per"`
	Burst int           `key:"burst"`
}

// Breaker says when a source that fails is left alone.
type Breaker struct {
	Enabled  bool          `key:"-"`
	Failures int           `key:"failures"`
	Delay    time.Duration `key:"delay"`
}

func sourceKeys() []strictyaml.Key {
	return slices.Concat([]strictyaml.Key{
		{Path: "sources", Type: strictyaml.TypeNames, Required: true, Pattern: namePattern, PatternDoc: nameWords, Reserved: reservedNames()[:1], Example: `{shop: {sql: {driver: postgres, dsn: "${SHOP_DSN}"}}}`, Doc: "Where stages look up keys, by a name of your choice."},
		{Path: "sources.*", Type: strictyaml.TypeSection, Noun: "a source", Doc: "One source. It has one of " + strictyaml.JoinWords(words(kinds...), "and") + "."},
		{Path: "sources.*.sql", Type: strictyaml.TypeSection, Doc: "A database."},
		{Path: "sources.*.sql.driver", Type: strictyaml.TypeEnum, Required: true, Example: "postgres", Enum: words(DriverPostgres, DriverMySQL, DriverSQLite), Doc: "The kind of database; use mysql for MariaDB too."},
		{Path: "sources.*.sql.dsn", Type: strictyaml.TypeSecret, Required: true, Example: `"${SHOP_DSN}"`, Doc: "How to connect, in the driver's own notation; best from the environment or a file. For sqlite a path, relative to the pipeline file, or a file: URI."},
		{Path: "sources.*.sql.pool", Type: strictyaml.TypeInteger, Default: "8", Min: 1, Max: 1000, Doc: "The most connections."},
		{Path: "sources.*.redis", Type: strictyaml.TypeSection, Doc: "A Redis server or cluster, 6 or later."},
	}, redisKeys("sources.*.redis"), []strictyaml.Key{
		{Path: "sources.*.http", Type: strictyaml.TypeSection, Doc: "An HTTP service that returns JSON, for many keys at once or for one."},
		{Path: "sources.*.http.url", Type: strictyaml.TypeString, Required: true, Example: "https://users.example/v2", Pattern: `^https?://[^\s@?#]+$`, PatternDoc: "a url begins with https:// or http:// and has no credentials, query or fragment; put a token into headers", Doc: "The URL of the service. Redirects are not followed, and link-local and metadata addresses are never contacted."},
		{Path: "sources.*.http.headers", Type: strictyaml.TypeSecrets, Doc: `Headers of each request, such as {Authorization: "Bearer ${TOKEN}"}.`},
		{Path: "sources.*.http.health", Type: strictyaml.TypeString, Doc: "The path below the url that returns 2xx to a GET while the service works. Defaults to none: health checks then only connect."},
		{Path: "sources.*.http.pool", Type: strictyaml.TypeInteger, Default: "8", Min: 1, Max: 1000, Doc: "The most connections."},
		{Path: "sources.*.http.max_body", Type: strictyaml.TypeSize, Default: "64MiB", Min: kib, Max: gib, Doc: "The most bytes of a response, after decompression. A larger response is requested again with fewer keys."},
	}, tlsKeys("sources.*.http", "How an https url is trusted."), oauthKeys("sources.*.http", "A bearer token for each request."), grpcKeys(), mongoDBKeys(), topicKeys(), tableKeys(), []strictyaml.Key{
		{Path: "sources.*.timeout", Type: strictyaml.TypeDuration, Default: "5s", Min: ms, Max: hour, Doc: "How long one call may take, not counting the time that it waits to start."},
		{Path: "sources.*.max_keys", Type: strictyaml.TypeInteger, Default: "5000", Min: 1, Max: 1_000_000, Doc: "The most keys in one call. More keys are split into several calls."},
		{Path: "sources.*.max_calls", Type: strictyaml.TypeInteger, Default: "4", Min: 1, Max: 1000, Doc: "The most concurrent calls, over all workers and stages."},
		{Path: "sources.*.rate", Type: strictyaml.TypeSection, Doc: "How often a call may start, over all workers and stages of this process. Defaults to no limit."},
		{Path: "sources.*.rate.calls", Type: strictyaml.TypeInteger, Required: true, Example: "50", Min: 1, Max: 1_000_000, Doc: "The calls per period, evenly spread."},
		{Path: "sources.*.rate.per", Type: strictyaml.TypeDuration, Default: "1s", Min: ms, Max: 24 * hour, Doc: "The period."},
		{Path: "sources.*.rate.burst", Type: strictyaml.TypeInteger, Default: "1", Min: 1, Max: 1_000_000, Doc: "Calls that may start at once after an idle time."},
		{Path: "sources.*.breaker", Type: strictyaml.TypeSwitch, Default: "false", Doc: "Stops calling a source for a while if its calls fail. A section configures it; true takes the defaults."},
		{Path: "sources.*.breaker.failures", Type: strictyaml.TypeInteger, Default: "5", Min: 1, Max: 1_000_000, Doc: "Failed calls in a row that open the breaker. A call that the source rejects has not failed."},
		{Path: "sources.*.breaker.delay", Type: strictyaml.TypeDuration, Default: "5s", Min: ms, Max: hour, Doc: "How long the breaker stays open before one call tries again."},
		{Path: "sources.*.errors", Type: strictyaml.TypeEnums, Enum: words(ErrorPermanent, ErrorTransient, ErrorFatal), Doc: "Overrides the class of errors, by the code in dead letters and the log: an SQLSTATE, MySQL's number, SQLite's name, an HTTP status, the first word of a Redis error, a code of gRPC (NOT_FOUND), MongoDB's name, such as {\"57014\": permanent}. permanent: the event is at fault; transient: nothing is at fault, and the call is retried; fatal: the configuration is at fault, and the pipeline stops."},
	})
}

// checkSource refuses a source that is not of exactly one kind, and what its kind cannot be.
func (c *checker) checkSource(s *Source) {
	key := "sources." + s.Name
	if !c.Has(key) {
		return // Its name or its value has been refused.
	}
	has := c.kinds(s.Name)
	switch {
	case len(has) > 1:
		c.Fail(key+"."+has[1], "the source has %s too, and a source is of one kind; make it a source of its own", has[0])
	case len(has) == 0 && !c.FailedBelow(key):
		c.Fail(key, "nothing says where it is; write one of %s, for example sql: {driver: postgres, dsn: \"${SHOP_DSN}\"}", strictyaml.JoinWords(words(kinds...), "and"))
	}
	if s.Kind().Local() {
		c.checkLocal(key, s)
	}
	if s.Topic != nil {
		c.checkTopicSource(key+".topic", s.Topic)
	}
	if s.Redis != nil {
		c.checkRedis(key+".redis", s.Redis)
	}
	if s.GRPC != nil {
		c.checkGRPC(key, s)
	}
	if s.HTTP != nil {
		c.checkHeaders(key+".http.headers", s.HTTP)
		if s.HTTP.OAuth != nil {
			c.checkOAuth(key+".http", s.HTTP.OAuth)
		}
		c.checkCodes(key+".errors", s)
		if s.HTTP.TLS.Enabled && strings.HasPrefix(s.HTTP.URL, "http:") {
			c.Fail(key+".http.tls", "the url begins with http://, which is not encrypted; write https://, or remove the key")
		}
	}
}

// kinds are the kinds that the file has for a source.
func (c *checker) kinds(source string) []string {
	var has []string
	for _, kind := range kinds {
		if c.Has("sources." + source + "." + string(kind)) {
			has = append(has, string(kind))
		}
	}
	return has
}

// checkHeaders refuses a header that is there twice in two spellings.
func (c *checker) checkHeaders(key string, s *HTTPSource) {
	seen := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(s.Headers)) {
		canonical := http.CanonicalHeaderKey(name)
		if canonical == "Authorization" && s.OAuth != nil {
			c.Fail(strictyaml.JoinKey(key, name), "is set by oauth; remove one of the two")
		}
		if first, twice := seen[canonical]; twice {
			c.Fail(strictyaml.JoinKey(key, name), "is the same header as %s; remove one of them", strictyaml.JoinKey("", first))
		}
		seen[canonical] = name
	}
}
