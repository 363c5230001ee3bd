package format

// Options choose how values of a binary format look as JSON. The zero value is what users see by default.
type Options struct {
	DecimalsAsText bool // decimals as strings; by default as numbers with all their digits
	TimesAsNumbers bool // dates and times as the numbers that they are stored as; by default as RFC 3339
	Int64AsText    bool // integers of 64 bits as strings; by default as numbers
	MaxBytes       int  // how long the JSON text of one value may become. Defaults to DefaultMaxBytes
}

// Limit is MaxBytes or its default.
func (o Options) Limit() int {
	if o.MaxBytes <= 0 {
		return DefaultMaxBytes
	}
	return o.MaxBytes
}

// Bounds of what one value may take. They are the same for each format, so that a record that can be read can be written.
const (
	DefaultMaxBytes = 64 << 20 // of the produced bytes
	MaxDepth        = 500      // of objects and arrays within each other
)
