package lookupext

// Column is a field of the rows of a query.
type Column struct {
	Name string
	Type ColumnType
}

// ColumnType is what the JSON of a column is, unless it is null: no type says that a column is never null, since an outer join makes
// nulls of any.
type ColumnType struct {
	Kind ColumnKind
	// Precision and Scale bound the digits of a Numeric: all of them, and those behind the point. A Precision of zero is no bound.
	Precision, Scale int
	// Item is the type of the elements of an Array.
	Item *ColumnType
	// Declared is the type in the words of the database, for errors. It may be empty.
	Declared string
}

// ColumnKind is a kind of values, and how they look as JSON.
type ColumnKind uint8

const (
	// UnknownKind is what the database does not tell, or what may be any value.
	UnknownKind ColumnKind = iota
	// Boolean is true or false.
	Boolean
	// Integer is an integer of 32 bits.
	Integer
	// Bigint is an integer of 64 bits.
	Bigint
	// Numeric is a decimal number with all its digits.
	Numeric
	// Real is a floating-point number of 32 bits. What JSON has no number for is "NaN", "Infinity" or "-Infinity".
	Real
	// Double is one of 64 bits.
	Double
	// Text is a string.
	Text
	// UUID is a string with the digits in groups.
	UUID
	// Bytes are base64.
	Bytes
	// Date is "2006-01-02".
	Date
	// Time is "15:04:05.999999".
	Time
	// Timestamp is a date and a time in the form of RFC 3339, without a zone.
	Timestamp
	// Timestamptz is a Timestamp in UTC, with its Z.
	Timestamptz
	// JSON is any JSON value.
	JSON
	// Array is a list.
	Array
)
