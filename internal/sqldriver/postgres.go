package sqldriver

import (
	"context"
	"time"
)

// Postgres is a driver of PostgreSQL.
type Postgres struct {
	// Open reads a DSN without connecting. Its error has no part of the DSN.
	Open func(ctx context.Context, cfg PostgresConfig) (PostgresPool, error)
	// Failure says what an error of a pool is.
	Failure func(error) PostgresFailure
}

// PostgresConfig says which database to use, and how.
type PostgresConfig struct {
	DSN string
	// Pool is the number of connections at most.
	Pool int
	// Timeout bounds a statement in the server; negative is none.
	Timeout time.Duration
}

// PostgresPool is a pool of connections, whose sessions have the settings of lookups: read only, with a time limit, and values in
// the form that sqllookup reads. It is safe for concurrent use.
type PostgresPool interface {
	// Address is the host and port of the first server.
	Address() string
	Ping(ctx context.Context) error
	// Run sends a query in one round trip, and calls each with every row. each may look at a row until it returns. Run returns the
	// error of each, and the rows that follow are thrown away.
	Run(ctx context.Context, q PostgresQuery, each PostgresRow) error
	// Stream does the same with a statement without parameters, for as long as ctx lets it: the time limit is for lookups.
	Stream(ctx context.Context, sql string, each PostgresRow) error
	// Describe asks the server of what types a statement's parameters and columns are.
	Describe(ctx context.Context, sql string, oids []uint32) (*PostgresDescription, error)
	Close()
}

// PostgresQuery is one statement with its parameters in text format.
type PostgresQuery struct {
	SQL    string
	Values [][]byte
	OIDs   []uint32
	// Columns is told the columns before the first row, also where there is none. Its error is as that of each. Nil is not told.
	Columns func([]PostgresField) error
}

// PostgresRow is called with a row in text format. The fields are the same slice for all rows of a result, and not to be changed.
type PostgresRow func(fields []PostgresField, values [][]byte) error

// PostgresField is a column of a result.
type PostgresField struct {
	Name     string
	Type     uint32 // an OID
	Modifier int32
}

// PostgresDescription is what a server says of a statement.
type PostgresDescription struct {
	Parameters []uint32 // OIDs
	Fields     []PostgresField
}

// PostgresFailure is what an error of PostgreSQL's driver is.
type PostgresFailure struct {
	// Code, Message and Position are what the server said. An empty Code says that the error is not from the server.
	Code, Message string
	Position      int // in the statement, from 1; 0 where there is none
	// Connecting says that no connection could be made.
	Connecting bool
	// Timeout says that a time limit has ended the call.
	Timeout bool
	// Role says what the server is that target_session_attrs does not ask for.
	Role string
}
