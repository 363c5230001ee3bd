package pipelinefile

// Driver is the kind of an SQL source.
type Driver string

// The drivers of SQL sources.
const (
	DriverPostgres Driver = "postgres"
	DriverMySQL    Driver = "mysql"
	DriverSQLite   Driver = "sqlite"
)

// Format is what a value is: of a record, of its key, of a string in Redis, or of the result of MongoDB. It is what a file is, too.
type Format string

// The formats of values.
const (
	FormatJSON       Format = "json"
	FormatText       Format = "text"
	FormatInteger    Format = "integer"
	FormatAvro       Format = "avro"
	FormatProtobuf   Format = "protobuf"
	FormatJSONSchema Format = "json_schema"
	// FormatExtendedJSON is MongoDB's JSON, in which values name their types.
	FormatExtendedJSON Format = "extended_json"
	FormatCSV          Format = "csv"
	FormatNDJSON       Format = "ndjson"
)

// ColumnType is the type of a column in a file or an inline table.
type ColumnType string

// The types of columns.
const (
	ColumnAny         ColumnType = "any"
	ColumnText        ColumnType = "text"
	ColumnCIText      ColumnType = "citext"
	ColumnChar        ColumnType = "char"
	ColumnBoolean     ColumnType = "boolean"
	ColumnSmallint    ColumnType = "smallint"
	ColumnInteger     ColumnType = "integer"
	ColumnBigint      ColumnType = "bigint"
	ColumnNumeric     ColumnType = "numeric"
	ColumnDouble      ColumnType = "double"
	ColumnUUID        ColumnType = "uuid"
	ColumnDate        ColumnType = "date"
	ColumnTimestamp   ColumnType = "timestamp"
	ColumnTimestamptz ColumnType = "timestamptz"
	ColumnJSON        ColumnType = "json"
)

// HasSchema reports whether values of the format have a schema.
func (f Format) HasSchema() bool {
	return f == FormatAvro || f == FormatProtobuf || f == FormatJSONSchema
}

// SchemaID is where a record has the ID of its schema.
type SchemaID string

// The places of schema IDs.
const (
	SchemaIDConfluent           SchemaID = "confluent"
	SchemaIDApicurio8Byte       SchemaID = "apicurio_8byte"
	SchemaIDApicurio8ByteGlobal SchemaID = "apicurio_8byte_global"
	SchemaIDNone                SchemaID = "none"
)

// The places of schema IDs in output records, beside SchemaIDNone.
const (
	SchemaIDPrefix SchemaID = "prefix"
	SchemaIDHeader SchemaID = "header"
)

// NumberForm is what a number or time of a binary format becomes in JSON.
type NumberForm string

// The forms of numbers and times.
const (
	FormNumber NumberForm = "number"
	FormString NumberForm = "string"
)

// Method is how an HTTP service is asked.
type Method string

// The methods of HTTP lookups.
const (
	MethodPost Method = "POST"
	MethodGet  Method = "GET"
)

// Mechanism is how a client authenticates to the brokers.
type Mechanism string

// The SASL mechanisms.
const (
	MechanismPlain       Mechanism = "PLAIN"
	MechanismSCRAMSHA256 Mechanism = "SCRAM-SHA-256"
	MechanismSCRAMSHA512 Mechanism = "SCRAM-SHA-512"
)

// Tombstones says what becomes of a record with a null value.
type Tombstones string

// What happens to a record with a null value.
const (
	TombstonesDeadLetter Tombstones = "dead_letter"
	TombstonesForward    Tombstones = "forward"
	TombstonesDrop       Tombstones = "drop"
)

// OnMissing says what becomes of an event whose key has no row.
type OnMissing string

// What becomes of an event whose key has no row.
const (
	OnMissingKeep       OnMissing = "keep"
	OnMissingDrop       OnMissing = "drop"
	OnMissingDeadLetter OnMissing = "dead_letter"
	OnMissingRetry      OnMissing = "retry"
)

// History says how the versions of a stage's rows change.
type History string

// How the versions of rows change: in any way, or only by new ones.
const (
	HistoryMutable    History = "mutable"
	HistoryAppendOnly History = "append_only"
)

// RetryOrder says whether later events wait for earlier ones that are retried.
type RetryOrder string

// The orders of retries.
const (
	RetryOrderKey  RetryOrder = "key"
	RetryOrderNone RetryOrder = "none"
)

// OnError says what becomes of an event whose lookup failed after the retries.
type OnError string

// What happens to an event whose lookup failed after the retries.
const (
	OnErrorKeep       OnError = "keep"
	OnErrorDeadLetter OnError = "dead_letter"
)

// OnOutage says what becomes of events while a stage's source is away.
type OnOutage string

// What becomes of events while a stage's source is away.
const (
	OnOutagePause      OnOutage = "pause"
	OnOutageDegrade    OnOutage = "degrade"
	OnOutageDeadLetter OnOutage = "dead_letter"
)

// ErrorClass says whose fault an error of a source is.
type ErrorClass string

// Whose fault an error of a source is: the events', nobody's, or the
// configuration's.
const (
	ErrorPermanent ErrorClass = "permanent"
	ErrorTransient ErrorClass = "transient"
	ErrorFatal     ErrorClass = "fatal"
)

// Envelope says what the values of a change topic are.
type Envelope string

// What the values of a change topic are.
const (
	EnvelopeAuto     Envelope = "auto"
	EnvelopeDebezium Envelope = "debezium"
	EnvelopePlain    Envelope = "plain"
)

// OldKey says where a change record has the key that the row had before.
type OldKey string

// Where a change record has the key that the row had before.
const (
	OldKeyAuto       OldKey = "auto"
	OldKeyBefore     OldKey = "before"
	OldKeyPrimaryKey OldKey = "primary_key"
)

// Delivery is the guarantee for published records.
type Delivery string

// The delivery guarantees.
const (
	DeliveryExactlyOnce Delivery = "exactly_once"
	DeliveryAtLeastOnce Delivery = "at_least_once"
)

// Shape is how stage results stand in the output record.
type Shape string

// The shapes of the output record.
const (
	ShapeNest  Shape = "nest"
	ShapeMerge Shape = "merge"
)

// Partition is how the partition of an output record is chosen.
type Partition string

// The ways to choose a partition: by the record's key, as Java clients do, or
// the number of the partition that the event came from.
const (
	PartitionKey    Partition = "key"
	PartitionSource Partition = "source"
)

// SourceHeaders says which headers of an output record name its event's record.
type SourceHeaders string

// The headers that name the event's record: one, four, or none.
const (
	SourceHeadersShort SourceHeaders = "short"
	SourceHeadersFull  SourceHeaders = "full"
	SourceHeadersNone  SourceHeaders = "none"
)

// DefaultListen is the address of the HTTP server where the file says none.
const DefaultListen = "127.0.0.1:8080"

// LogFormat is how log lines are written.
type LogFormat string

// The log formats; auto is text on a terminal and JSON elsewhere.
const (
	LogFormatAuto LogFormat = "auto"
	LogFormatText LogFormat = "text"
	LogFormatJSON LogFormat = "json"
)

// words gives the values of an enumeration as the key table has them.
func words[T ~string](values ...T) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}
