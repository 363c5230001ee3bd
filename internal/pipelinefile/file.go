package pipelinefile

import (
	"log/slog"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/loaderline/loaderline/internal/strictyaml"
)

// File is a pipeline file with every default applied. It is not changed after
// Parse and may be read from several goroutines. The tags name the keys; Keys
// describes them.
type File struct {
	// Name of the pipeline; the consumer group where the file does not say.
	Name  string `key:"name"`
	Kafka Kafka  `key:"kafka"`
	// Instance tells this process from others of the same pipeline; empty
	// where the host name is to be used.
	Instance string `key:"instance"`
	// Memory is what a run keeps to, in bytes. 0: nothing bounds it. Parse derives from it what the file does not set by hand.
	Memory int64 `key:"memory"`
	// Workers is the number of sessions in this process.
	Workers int   `key:"workers"`
	Input   Input `key:"input"`
	// Registry is nil where the file has none.
	Registry *Registry `key:"registry"`
	Batch    Batch     `key:"batch"`
	// Sources and Stages are in the order of the file.
	Sources    []Source   `key:"sources"`
	Stages     []Stage    `key:"stages"`
	Cache      Cache      `key:"cache"`
	Output     Output     `key:"output"`
	DeadLetter DeadLetter `key:"dead_letter"`
	Retry      Retry      `key:"retry"`
	HTTP       HTTP       `key:"http"`
	Shutdown   Shutdown   `key:"shutdown"`
	Log        Log        `key:"log"`

	document *strictyaml.Document
}

// Position returns where the value of key is, as [strictyaml.Document.Position] does.
func (f *File) Position(key string) strictyaml.Position { return f.document.Position(key) }

// Errorf returns a problem with the value of key, such as stages.user.query or input.topics[0], at its place in the file.
// Later passes over the file use it, so that their errors read as those of Parse do. The arguments must not hold secrets.
func (f *File) Errorf(key, format string, args ...any) *strictyaml.Error {
	return f.document.Errorf(key, format, args...)
}

// ErrorfIn returns a problem within the value of key, as [strictyaml.Document.ErrorfIn] does.
func (f *File) ErrorfIn(key string, line, column int, format string, args ...any) *strictyaml.Error {
	return f.document.ErrorfIn(key, line, column, format, args...)
}

// Secret returns the current value of a secret, as [strictyaml.Document.Secret] does. It is safe for concurrent use.
func (f *File) Secret(key string, written strictyaml.Secret) (string, error) {
	return f.document.Secret(key, written)
}

// Source returns the source with that name.
func (f *File) Source(name string) (Source, bool) {
	for _, s := range f.Sources {
		if s.Name == name {
			return s, true
		}
	}
	return Source{}, false
}

// Kafka says how the brokers are reached.
type Kafka struct {
	Brokers            []string      `key:"brokers"`
	TLS                TLS           `key:"tls"`
	SASL               *SASL         `key:"sasl"` // nil: no authentication.
	SessionTimeout     time.Duration `key:"session_timeout"`
	TransactionTimeout time.Duration `key:"transaction_timeout"`
	StaticMembership   bool          `key:"static_membership"`
}

// TLS is the encryption of connections. Paths in the file are relative to the
// pipeline file; here they are joined with its folder.
type TLS struct {
	Enabled bool   `key:"-"`
	CA      string `key:"ca"` // Empty: the system's roots.
	Cert    string `key:"cert"`
	Key     string `key:"key"`
}

// SASL is how the client authenticates to the brokers.
type SASL struct {
	Mechanism      Mechanism         `key:"mechanism"`
	Username       string            `key:"username"`
	Password       strictyaml.Secret `key:"password"`
	AllowPlaintext bool              `key:"allow_plaintext"`
}

// Input says which events are read.
type Input struct {
	Topics    []string `key:"topics"`
	Group     string   `key:"group"`
	Format    Format   `key:"format"`
	KeyFormat Format   `key:"key_format"`
	// Schema is the file with the schema of all values, joined with the folder of the pipeline file. Empty: the registry has them.
	Schema  string   `key:"schema"`
	Message string   `key:"message"`
	ID      SchemaID `key:"id"`
	// Decimals, Timestamps and Int64 say what these are in JSON.
	Decimals   NumberForm `key:"decimals"`
	Timestamps NumberForm `key:"timestamps"`
	Int64      NumberForm `key:"int64"`
	Where      string     `key:"where"` // Empty: all events.
	Start      Start      `key:"start"`
	Tombstones Tombstones `key:"tombstones"`
}

// Batch bounds a micro-batch of one worker.
type Batch struct {
	MaxRecords int           `key:"max_records"`
	MaxBytes   int64         `key:"max_bytes"`
	Linger     time.Duration `key:"linger"`
	// MaxOutput is the most bytes of records for one transaction, if Memory is set.
	MaxOutput int64 `key:"-"`
}

// Stage is one bulk lookup of the plan. By, Key and KeyType have one element
// for a single key and one for each part of a composite key; Key and KeyType
// may be empty. What is asked is Query for a database, Get or Hash for Redis,
// Request and Response for HTTP, and Collection and Find for MongoDB.
type Stage struct {
	Name    string   `key:"-"`
	Source  string   `key:"source"`
	By      []string `key:"by"`
	At      string   `key:"at"` // Empty: rows as they are now.
	History History  `key:"history"`
	Query   string   `key:"query"`
	Get     string   `key:"get"`
	Hash    string   `key:"hash"`
	Format  Format   `key:"format"`
	// Find, Project and Sort are JSON. nil: there is none.
	Collection string         `key:"collection"`
	Find       jsontext.Value `key:"find"`
	Project    jsontext.Value `key:"project"`
	Sort       jsontext.Value `key:"sort"`
	Request    Request        `key:"request"`
	Response   Response       `key:"response"`
	Key        []string       `key:"key"`
	KeyType    []string       `key:"key_type"`
	Many       bool           `key:"many"`
	Into       string         `key:"into"` // Empty: a field named after the stage.
	When       string         `key:"when"` // Empty: for every event.
	OnMissing  OnMissing      `key:"on_missing"`
	OnError    OnError        `key:"on_error"`
	OnOutage   OnOutage       `key:"on_outage"`
	Cache      StageCache     `key:"cache"`
	Preload    *Preload       `key:"preload"` // nil: none.
}

// Request is how an HTTP service is asked.
type Request struct {
	One       bool   `key:"one"`
	Method    Method `key:"method"`
	Path      string `key:"path"`
	Body      string `key:"body"`
	Param     string `key:"param"`
	Separator string `key:"separator"`
}

// Response is where the parts of an HTTP service's answer stand.
type Response struct {
	Items           string   `key:"items"`
	Named           bool     `key:"named"`
	Value           string   `key:"value"`
	Error           string   `key:"error"`
	PermanentErrors []string `key:"permanent_errors"`
	Missing         []int    `key:"missing"`
}

// StageCache is how long a stage's results are kept. A TTL of zero means that
// they are not cached.
type StageCache struct {
	TTL         time.Duration `key:"ttl"`
	NegativeTTL time.Duration `key:"negative_ttl"`
	// StaleIfError is how long beyond its TTL a row may be served while its
	// source fails.
	StaleIfError time.Duration `key:"stale_if_error"`
	// Refresh is the share of its TTL, in percent, after which a row that is
	// asked for is loaded again in the background. Zero: never.
	Refresh int64 `key:"refresh"`
}

// DeadLetter says where records go that could not be enriched.
type DeadLetter struct {
	Topic string `key:"topic"`
	// Limit is the percentage of the latest Window events that may become
	// dead letters.
	Limit  int `key:"limit"`
	Window int `key:"window"`
}

// Retry bounds the retries within a micro-batch, and says where events wait
// for later ones.
type Retry struct {
	Initial    time.Duration `key:"initial"`
	Max        time.Duration `key:"max"`
	MaxElapsed time.Duration `key:"max_elapsed"`
	Topics     []RetryTopic  `key:"topics"`
	Order      RetryOrder    `key:"order"`
}

// RetryTopic is a topic in which events wait.
type RetryTopic struct {
	Topic string        `key:"topic"`
	Delay time.Duration `key:"delay"`
}

// HTTP is the server for metrics and health.
type HTTP struct {
	Listen string            `key:"listen"` // Empty: no server.
	Token  strictyaml.Secret `key:"token"`
}

// Shutdown bounds the end of a run.
type Shutdown struct {
	Timeout time.Duration `key:"timeout"`
}

// Log says what is logged and how.
type Log struct {
	Level  slog.Level `key:"level"`
	Format LogFormat  `key:"format"`
}
