// Package lookupext has the interfaces of what lookups can do beyond lookup.Lookup. Only our own packages ask for it.
//
// A lookup of sqllookup is a Database, lookups of httplookup, grpclookup and mongolookup are Typed and Probers, and a lookup of
// redislookup is Typed.
// A lookup of filelookup is a Table, and its client a Reloader.
package lookupext

import (
	"context"
	"time"

	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// The members of a row that are not part of what is enriched.
const (
	// KeyMember holds the key, if no other member is named.
	KeyMember = "_key"
	// FromMember and ToMember say from when on and until when a row is valid, for a stage that asks for all versions of its rows.
	FromMember = "_from"
	ToMember   = "_to"
	// ValidMember is a range of PostgreSQL in place of both.
	ValidMember = "_valid"
)

// Source loads JSON by key. A value is one compact JSON document: an object, or a list of objects for a source that returns many
// rows for a key. It is never changed once it was put.
type Source = stages.Source[lookup.Key, []byte]

// Typed is a lookup that says how it compares keys.
type Typed interface {
	Source
	// Types returns the types of the key's parts. Those of a Learner can change with every Load. The slice is read only.
	Types() lookupkey.Types
}

// Learner is a lookup that learns the types of its keys from its source, and learns them again if a key does not fit. It
// accepts lookupkey.Unchecked keys.
type Learner interface {
	Types() lookupkey.Types
	// Learned returns how often the source has said something new about the key since the start: about its types, or about
	// which keys are equal. It also returns whether Types come from the source and not from the query. If they do, Load takes
	// unchecked keys.
	Learned() (times int, types bool)
}

// Table is a lookup whose rows are in the memory of this process and change there. Its loader is Local: nothing of it is cached or
// shared between runs.
type Table interface {
	Typed
	// Changes returns how often the rows have changed. It never decreases. It is cheap and safe for concurrent use.
	//
	// A run that begins after Changes has returned a number loads rows with at least so many changes. So a change is counted at the
	// moment from which on it is loaded, or while Load waits for it. If it were counted before, results from before the change would
	// pass for results after it.
	Changes() uint64
}

// Prober is a lookup that can send a request without keys. This finds a wrong path, missing rights and answers of another form before the
// first key.
type Prober interface {
	// Probe returns a lookup.Error that is fatal or unusable by stages.ClassOf. Other refusals of a request without keys, and a
	// source that cannot be reached, are no errors: they tell nothing.
	Probe(ctx context.Context) error
}

// SettingError says which setting of a query is wrong, by its name in a pipeline file, such as method or request.ids[0].
type SettingError struct {
	Setting string
	Err     error
}

func (e *SettingError) Error() string { return e.Setting + ": " + e.Err.Error() }

// Unwrap returns what is wrong.
func (e *SettingError) Unwrap() error { return e.Err }

// Spelling says how many keys a source can take for equal. A cache of results by key must know it.
type Spelling uint8

const (
	// OneSpelling says that two keys are never equal.
	OneSpelling Spelling = iota
	// RegularSpelling says that at most one of several equal keys is regular.
	RegularSpelling
	// ManySpellings says that any two keys may be equal.
	ManySpellings
)

// Speller is a lookup whose source may take different spellings of a key for equal. What it returns can change with every
// Load.
type Speller interface {
	// Spelling returns how the source compares keys.
	Spelling() Spelling
	// Regular reports whether a canonical key is regular. No two regular keys are equal. A key that is not regular may be equal
	// to any other key. An unchecked key is never regular.
	Regular(key lookup.Key) bool
}

// Database is a lookup by a query of a database.
type Database interface {
	Typed
	Learner
	Speller
	// Columns returns the fields of a row in order, as the database last described them.
	Columns() []string
	// ColumnTypes returns the same fields with their types.
	ColumnTypes() []Column
	// ReturnsExtra reports whether the query returns rows even without keys. Every call leaves these rows out. It returns the
	// errors of Load.
	ReturnsExtra(ctx context.Context) (bool, error)
	// Scan prepares a query without $keys. Its rows are what the lookup returns for their keys, from the same columns in the
	// same order. With Many the rows of a key must be adjacent: ORDER BY the key. It returns the errors of Lookup.
	Scan(ctx context.Context, query string) (Scan, error)
}

// Scan is a prepared query that reads many keys at once without being told which, as to fill a cache before the first
// lookup. It is safe for concurrent use.
type Scan interface {
	// Run reads all rows and calls each, from this goroutine, with every key once its rows are complete. It holds one connection
	// and one row at a time, with Many the rows of one key. It leaves out rows with an unusable key. It follows changes of the
	// schema. Only ctx bounds it; the timeout of the client does not. Run returns the error of each as it is; another error is
	// a lookup.Error, classified.
	Run(ctx context.Context, each func(Scanned) error) error
}

// Scanned is what a Scan found for one key.
type Scanned struct {
	Key lookup.Key
	// Value is what the lookup returns for the key: a row, or with Many the list of its rows.
	Value []byte
	// Rows is the number of rows that Value was made of.
	Rows int
	// Err says why there is no Value. What was found for the key before is not its value either.
	Err error
}

// Reloader is a client that loads its rows again when they change elsewhere.
type Reloader interface {
	// Served says which rows it has now.
	Served() Served
}

// Served is what a Reloader has loaded.
type Served struct {
	// Modified is when the content was written. It is zero if nothing was loaded.
	Modified time.Time
	// Rows and Bytes are their number, and about how much memory they take.
	Rows  int
	Bytes int64
	// Err says why the latest content is not the one that is served; nil if it is.
	Err error
}

// Follower is a client whose rows are read from a topic, which it follows.
type Follower interface {
	// Await waits, not for long, until a lookup may begin. It returns the errors of Load.
	Await(ctx context.Context) error
	// Status says how far the table is. It is safe for concurrent use.
	Status() TableStatus
	// Describe says what the topic is, without reading it. The warning says why the topic may not keep what the table needs.
	Describe(ctx context.Context) (detail, warning string, err error)
}

// TableStatus is how far a table is that is read from a topic.
type TableStatus struct {
	// Waiting is true until the table is complete. Behind is how many offsets are left then, -1 if that is not known, and Total how
	// many there were.
	Waiting       bool
	Behind, Total int64
	// Lag is the number of offsets to the end of the topic.
	Lag int64
	// Current is the time up to which everything that was committed has been applied.
	Current time.Time
	// Keys is the number of keys, negative if it is not known, and Bytes the memory or disk space that they take.
	Keys, Bytes int64
	// Skipped counts the bad records that were left out.
	Skipped uint64
}

// Age is for how long the topic may have had records that are not in the table.
func (s TableStatus) Age(now time.Time) time.Duration {
	if s.Current.IsZero() {
		return 0
	}
	return max(now.Sub(s.Current), 0)
}
