package testenv

// LedgerConfig configures [NewLedger].
type LedgerConfig struct {
	// Oracle says what outputs must hold. Without one their enrichment is not compared, and every dead letter is
	// taken as it is.
	Oracle Oracle
	// AllowDeadLetter says whether a dead letter is right although the oracle could enrich its event: one that became
	// too large, say. Defaults to none.
	AllowDeadLetter func(DeadLetter) bool
	// Event returns the event, as outputs hold it, of a value of the input or of a dead letter. Defaults to the value itself.
	Event func(value []byte) []byte
	// Check says what else an output has against it; empty is nothing. It must not keep the record. Defaults to none.
	Check func(Record) string
	// Parts returns the records that an event must become, one at least, in order. All of them are there, or its dead letter
	// is. Defaults to one record, without a field "item".
	Parts func(event []byte) []Part
	// DeadInAnyOrder allows dead letters of a key in any order: with retry topics they have none.
	DeadInAnyOrder bool
	// AtLeastOnce allows duplicates, and an outcome that comes too early where it comes again in order.
	AtLeastOnce bool
}
