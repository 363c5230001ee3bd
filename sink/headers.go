package sink

// Prefix is the prefix of the keys of all headers that loaderline adds.
const Prefix = "loaderline."

// HeaderSource is in enriched records: the topic, partition and offset of the input record, as topic/partition/offset. See
// Config.Source.
const HeaderSource = Prefix + "source"

// The headers of dead letters, of records in retry topics, and of enriched records with SourceFull: where the input record is, and its
// timestamp in milliseconds since 1970.
const (
	HeaderSourceTopic     = Prefix + "source.topic"
	HeaderSourcePartition = Prefix + "source.partition"
	HeaderSourceOffset    = Prefix + "source.offset"
	HeaderSourceTimestamp = Prefix + "source.timestamp"
)

// The headers of records that were redriven: where the record first failed. They stay with it, in its outcomes and in its
// next dead letter, as does HeaderRedrives.
const (
	HeaderOriginTopic     = Prefix + "origin.topic"
	HeaderOriginPartition = Prefix + "origin.partition"
	HeaderOriginOffset    = Prefix + "origin.offset"
	HeaderOriginTimestamp = Prefix + "origin.timestamp"
)

// HeaderDegraded is in records that were enriched without the fresh results of all stages, for example
// `user=error,reviews=stale:95s`.
const HeaderDegraded = Prefix + "degraded"

// HeaderReplay is in records that a replay published: its ID.
const HeaderReplay = Prefix + "replay"

// The headers of dead letters. All but the last three are always there.
const (
	HeaderPipeline      = Prefix + "pipeline"
	HeaderVersion       = Prefix + "version"
	HeaderErrorKind     = Prefix + "error.kind"
	HeaderErrorStage    = Prefix + "error.stage"
	HeaderErrorCode     = Prefix + "error.code"
	HeaderErrorMessage  = Prefix + "error.message"
	HeaderErrorAttempts = Prefix + "error.attempts"
	HeaderErrorFirstAt  = Prefix + "error.first_at"
	HeaderErrorLastAt   = Prefix + "error.last_at"
	HeaderRedrives      = Prefix + "redrives"

	// Each holds the size in bytes of a part that was left out because it did not fit.
	HeaderValueDropped   = Prefix + "error.value_dropped"
	HeaderHeadersDropped = Prefix + "error.headers_dropped"
	HeaderKeyDropped     = Prefix + "error.key_dropped"
)

// HeaderRetryDue is in records of retry topics: when they are tried again, in the format of RFC 3339. Such records also have
// the headers of dead letters; the headers of the error only if there was one.
const HeaderRetryDue = Prefix + "retry.due"

// HeaderRetryShare is in records of retry topics: the fraction of input events, 0.000001 to 1.000000, that were being sent to
// retry topics when this record was. It weights the record if it becomes a dead letter.
const HeaderRetryShare = Prefix + "retry.share"
