package pipelinefile

import (
	"slices"
	"time"

	"github.com/loaderline/loaderline/internal/strictyaml"
)

const (
	kib = 1 << 10
	mib = 1 << 20
	gib = 1 << 30
	tib = 1 << 40

	ms   = int64(time.Millisecond)
	sec  = int64(time.Second)
	hour = int64(time.Hour)
	year = 365 * 24 * hour
)

const (
	topicPattern  = `^[a-zA-Z0-9._-]{1,249}$`
	topicWords    = "a topic's name has letters, digits, dots, _ and - only, at most 249"
	listenPattern = `^(|(|\[[0-9a-fA-F:.%]+\]|[^\s:/@,\[\]]+):[0-9]{1,5})$`
	listenWords   = `an address to listen on is host:port, as 127.0.0.1:8080, or :8080 for all interfaces; "" turns HTTP off`
	namePattern   = `^[a-z][a-z0-9_]{0,62}$`
	nameWords     = "names start with a lower-case letter and have lower-case letters, digits and _ only, at most 63"
)

// Keys returns the description of every key of the pipeline file, sections
// before what they hold, in the order in which documentation shows them.
func Keys() []strictyaml.Key {
	var keys []strictyaml.Key
	for _, part := range [][]strictyaml.Key{rootKeys(), kafkaKeys(), registryKeys(), inputKeys(), sourceKeys(), stageKeys(), preloadKeys(), outputKeys(), operationKeys()} {
		keys = append(keys, part...)
	}
	return keys
}

// reservedNames are what paths begin with beside the names of stages.
func reservedNames() []strictyaml.ReservedName {
	return []strictyaml.ReservedName{
		{Name: "event", Doc: "event is the event itself"},
		{Name: "record", Doc: "record is the Kafka record that holds the event"},
		{Name: "item", Doc: "item is the element that output.for_each makes a record of"},
	}
}

func rootKeys() []strictyaml.Key {
	return []strictyaml.Key{
		{Path: "name", Type: strictyaml.TypeString, Pattern: `^[^\x00-\x1f\x7f]{1,200}$`, PatternDoc: "a pipeline's name has 1 to 200 characters, none of them a control character", Doc: "The pipeline's name. It forms transactional IDs, metric labels and headers. Defaults to input.group."},
		{Path: "instance", Type: strictyaml.TypeString, Pattern: `^[^\x00-\x1f\x7f]{0,200}$`, PatternDoc: "an instance has at most 200 characters, none of them a control character", Doc: "Distinguishes this process from the pipeline's other processes. Defaults to the host name, with a number if another process on this host uses it."},
		{Path: "memory", Type: strictyaml.TypeSize, Min: 96 * mib, Max: tib, Example: "512MiB", Doc: "The memory that a run, or a replay, keeps to: cache, tables, events in work, and what Go needs. cache.memory, batch.max_bytes, batch.max_records and the memory of tables are derived from it unless they are set; check shows them. Defaults to none: these keys have their own defaults."},
		{Path: "workers", Type: strictyaml.TypeInteger, Default: "4", Min: 1, Max: 256, Doc: "The number of sessions in this process. They share sources and cache; each has its own batch limits."},
	}
}

func kafkaKeys() []strictyaml.Key {
	return slices.Concat([]strictyaml.Key{
		{Path: "kafka", Type: strictyaml.TypeSection, Required: true, Doc: "How to reach the brokers."},
		{Path: "kafka.brokers", Type: strictyaml.TypeListOrComma, Required: true, Example: "[localhost:9092]", Pattern: `^(\[[0-9a-fA-F:.%]+\]|[^\s:/@,\[\]]+):[0-9]{1,5}$`, PatternDoc: "a broker is host:port, as in localhost:9092, without a scheme", Doc: "Bootstrap brokers, as host:port."},
	}, tlsKeys("kafka", "Encryption to the brokers."), []strictyaml.Key{
		{Path: "kafka.sasl", Type: strictyaml.TypeSection, Doc: "How to authenticate to the brokers. Defaults to no authentication."},
		{Path: "kafka.sasl.mechanism", Type: strictyaml.TypeEnum, Required: true, Example: "SCRAM-SHA-512", Enum: words(MechanismPlain, MechanismSCRAMSHA256, MechanismSCRAMSHA512), Doc: "The SASL mechanism."},
		{Path: "kafka.sasl.username", Type: strictyaml.TypeString, Required: true, Example: `"${KAFKA_USERNAME}"`, Doc: "The user."},
		{Path: "kafka.sasl.password", Type: strictyaml.TypeSecret, Required: true, Example: `"${KAFKA_PASSWORD}"`, Doc: "The user's password; best from the environment or a file."},
		{Path: "kafka.sasl.allow_plaintext", Type: strictyaml.TypeBoolean, Default: "false", Doc: "Lets PLAIN send the password over a connection without TLS."},
		{Path: "kafka.session_timeout", Type: strictyaml.TypeDuration, Default: "10s", Min: sec, Max: hour / 2, Doc: "How long the group waits for a silent member before others take its partitions. The brokers limit it, to 6s to 30m unless changed."},
		{Path: "kafka.transaction_timeout", Type: strictyaml.TypeDuration, Default: "10s", Min: sec, Max: hour / 4, Doc: "How long the brokers wait before they abort the transaction of a process that died."},
		{Path: "kafka.static_membership", Type: strictyaml.TypeBoolean, Default: "false", Doc: "Keeps partitions assigned during a restart that is shorter than the session timeout."},
	})
}

func inputKeys() []strictyaml.Key {
	return []strictyaml.Key{
		{Path: "input", Type: strictyaml.TypeSection, Required: true, Doc: "Which events to read."},
		{Path: "input.topics", Type: strictyaml.TypeList, Required: true, Example: "[user-events]", Pattern: topicPattern, PatternDoc: topicWords, Doc: "The topics to read."},
		{Path: "input.group", Type: strictyaml.TypeString, Required: true, Example: "enrich-user-events", Doc: "The consumer group, which holds the offsets."},
		{Path: "input.format", Type: strictyaml.TypeEnum, Default: "json", Enum: words(FormatJSON, FormatAvro, FormatProtobuf, FormatJSONSchema, FormatText, FormatInteger), Doc: "What a record's value is: json, an object; avro, protobuf or json_schema, with a schema of registry or of schema; text (UTF-8) or integer (decimal digits), the ID itself. With text and integer, event is that text or number."},
		{Path: "input.schema", Type: strictyaml.TypePath, Doc: "A file with the schema of all values, in place of the registry: .avsc, or .proto with what it imports below its folder."},
		{Path: "input.message", Type: strictyaml.TypeString, Example: "shop.Event", Doc: "Protobuf: the message in schema that the values are. Defaults to its only one."},
		{Path: "input.id", Type: strictyaml.TypeEnum, Enum: words(SchemaIDConfluent, SchemaIDApicurio8Byte, SchemaIDApicurio8ByteGlobal, SchemaIDNone), Doc: "Where a value has the ID of its schema if no header has it: confluent, 00 and 4 bytes before it; apicurio_8byte and apicurio_8byte_global, 00 and a content or global ID of 8 bytes, as Apicurio before 3.0 writes it; none, nowhere. Defaults to none with schema, and to confluent without."},
		{Path: "input.decimals", Type: strictyaml.TypeEnum, Default: "number", Enum: words(FormNumber, FormString), Doc: "What decimals of Avro are in JSON."},
		{Path: "input.timestamps", Type: strictyaml.TypeEnum, Default: "string", Enum: words(FormString, FormNumber), Doc: "What dates and times of Avro and Protobuf are in JSON: a string of RFC 3339, or the number that they are stored as."},
		{Path: "input.int64", Type: strictyaml.TypeEnum, Default: "number", Enum: words(FormNumber, FormString), Doc: "What integers of 64 bits of Avro and Protobuf are in JSON."},
		{Path: "input.key_format", Type: strictyaml.TypeEnum, Default: "text", Enum: words(FormatText, FormatJSON, FormatInteger, FormatAvro, FormatProtobuf, FormatJSONSchema), Doc: "What record.key is in paths and expressions: text (UTF-8), json (with record.key.id a member of it), integer (decimal digits), or avro, protobuf or json_schema with the registry. The key itself passes through byte for byte."},
		{Path: "input.where", Type: strictyaml.TypeString, Example: `event.type != "heartbeat"`, Doc: "A condition over the event and its record. Events for which it does not hold are dropped before any lookup, and counted as filtered. Defaults to all events."},
		{Path: "input.start", Type: strictyaml.TypeEnumOrTime, Default: "earliest", Enum: words(StartEarliest, StartLatest, StartNone), Doc: "Where the group begins with a topic that it has no offsets for: earliest, latest, none (exit 1 instead) or a time of RFC 3339. Partitions that are added later begin with their oldest record."},
		{Path: "input.tombstones", Type: strictyaml.TypeEnum, Default: "dead_letter", Enum: words(TombstonesDeadLetter, TombstonesForward, TombstonesDrop), Doc: "What happens to a record with a null value."},

		{Path: "batch", Type: strictyaml.TypeSection, Doc: "The limits of a micro-batch, for each worker."},
		{Path: "batch.max_records", Type: strictyaml.TypeInteger, Default: "5000", Min: 1, Max: 1_000_000, Doc: "The most records in a micro-batch. If more wait, up to four micro-batches run side by side, with 5000 records in total."},
		{Path: "batch.max_bytes", Type: strictyaml.TypeSize, Default: "8MiB", Min: kib, Max: gib, Doc: "The most bytes of keys and values in a micro-batch. A larger record forms a batch by itself."},
		{Path: "batch.linger", Type: strictyaml.TypeDuration, Default: "5ms", Min: 0, Max: 60 * sec, Doc: "How long after the commit before it a micro-batch waits for more records. A later one does not wait."},
	}
}

func stageKeys() []strictyaml.Key {
	return []strictyaml.Key{
		{Path: "stages", Type: strictyaml.TypeNames, Required: true, Pattern: namePattern, PatternDoc: nameWords, Reserved: reservedNames(), Example: `{user: {source: shop, by: event.user_id, query: "SELECT id, name FROM users WHERE id IN ($keys)", key: id}}`, Doc: "The lookups, by the name that their result gets in the output."},
		{Path: "stages.*", Type: strictyaml.TypeSection, Noun: "a stage", Doc: "One bulk lookup. It starts when the stages that its by refers to have ended."},
		{Path: "stages.*.source", Type: strictyaml.TypeString, Required: true, Example: "shop", Doc: "The name of the source."},
		{Path: "stages.*.by", Type: strictyaml.TypeListOrOne, Required: true, Example: "event.user_id", Doc: "The key: a path in the event (event.user_id), in its Kafka record (record.key, record.headers.tenant) or in the result of an earlier stage (purchases[].product_id), or an expression over these, such as lower(event.email). A list makes a composite key."},
		{Path: "stages.*.at", Type: strictyaml.TypeString, Pattern: `\S`, PatternDoc: "a time is a path such as event.occurred_at or record.timestamp, or an expression", Doc: "The time of the event: a path (event.occurred_at, record.timestamp) or an expression. The stage then returns the version of the row that was valid at that time. Its source returns all versions of a key, with the fields _from (inclusive) and _to (exclusive, null is open), or _valid with a tstzrange of PostgreSQL. Without _to a version ends where the next begins. Defaults to none: rows as they are now."},
		{Path: "stages.*.history", Type: strictyaml.TypeEnum, Default: "mutable", Enum: words(HistoryMutable, HistoryAppendOnly), Doc: "append_only: versions are only added, and none begins more than a minute before it is committed. What was loaded is then final for earlier events, whatever its ttl. mutable: versions may change in any way."},
		{Path: "stages.*.query", Type: strictyaml.TypeString, Doc: "SQL: the statement for all keys of a call, in place of $keys: = ANY($keys) on PostgreSQL, IN ($keys) on every driver. Required for a database."},
		{Path: "stages.*.get", Type: strictyaml.TypeString, Doc: "Redis: the name of a string, in which $key stands for the stage's key, such as user:$key; with a composite key, $key appears once for each part, in their order."},
		{Path: "stages.*.hash", Type: strictyaml.TypeString, Doc: "Redis: the name of a hash, with $key as in get. The result is an object of strings."},
		{Path: "stages.*.format", Type: strictyaml.TypeEnum, Default: "json", Enum: words(FormatJSON, FormatText, FormatExtendedJSON), Doc: "Redis: the format of the string of get: json, or text, which becomes a JSON string. MongoDB: what values become that JSON does not have: json, plain strings and numbers; or extended_json, objects that name the type, such as {\"$oid\": \"...\"}."},
		{Path: "stages.*.collection", Type: strictyaml.TypeString, Doc: "MongoDB: the collection, or view. Required for MongoDB."},
		{Path: "stages.*.find", Type: strictyaml.TypeDocument, Example: "{user_id: {$in: $keys}}", Doc: "MongoDB: the filter. It has $keys once, below $in, or below $or for a composite key. Its other conditions are constants, in Extended JSON where JSON does not have the type. Required for MongoDB."},
		{Path: "stages.*.project", Type: strictyaml.TypeDocument, Example: "{name: 1, _id: 0}", Doc: "MongoDB: the projection, which says what the result has of a document. It need not have the key. Defaults to the whole document."},
		{Path: "stages.*.sort", Type: strictyaml.TypeDocument, Example: "{bought_at: -1, _id: 1}", Doc: "MongoDB: the order of the documents of a key with many: true. Defaults to the order in which the server finds them."},
		{Path: "stages.*.request", Type: strictyaml.TypeSection, Doc: "HTTP: how to request many keys at once, or one."},
		{Path: "stages.*.request.one", Type: strictyaml.TypeBoolean, Default: "false", Doc: "A request asks for one key: $key in path or body stands for it, and with a composite key once for each part, in their order. The response is the item. 404 and 410 mean that the key is missing. Each request is a call: max_calls bounds the requests at once, and rate how often one starts."},
		{Path: "stages.*.request.method", Type: strictyaml.TypeEnum, Default: "POST", Enum: words(MethodPost, MethodGet), Doc: "POST has the keys in its body, GET in a parameter. With one it defaults to GET if there is no body."},
		{Path: "stages.*.request.path", Type: strictyaml.TypeString, Doc: "The path and query after the source's url, such as /users/lookup?fields=all, or with one /users/$key. Defaults to none."},
		{Path: "stages.*.request.body", Type: strictyaml.TypeString, Doc: "The body of a POST: JSON in which $keys, without quotes around it, stands for the list of keys, or with one $key for the key. Defaults to {\"ids\": $keys}, and with one to none."},
		{Path: "stages.*.request.param", Type: strictyaml.TypeString, Doc: "The parameter of a GET that holds the keys; it is repeated, as in ids=1&ids=2. Required for GET without one."},
		{Path: "stages.*.request.separator", Type: strictyaml.TypeString, Doc: "Puts the keys of a GET into one parameter, with this between them, as in ids=1,2."},
		{Path: "stages.*.response", Type: strictyaml.TypeSection, Doc: "HTTP: where the parts of the response are. Paths are names with dots between them."},
		{Path: "stages.*.response.items", Type: strictyaml.TypeString, Doc: "The path to the list of items, such as data.users. Defaults to the response itself."},
		{Path: "stages.*.response.named", Type: strictyaml.TypeBoolean, Default: "false", Doc: `The items are in an object whose names are the keys, as in {"7": {"name": "Ada"}}, and not in a list. Such a stage has no key, and its key_type defaults to text.`},
		{Path: "stages.*.response.value", Type: strictyaml.TypeString, Doc: "The path in an item to the result. Defaults to the item itself. With request.one the response is the item, and with many the result is a list."},
		{Path: "stages.*.response.error", Type: strictyaml.TypeString, Doc: "The path in an item to the item's own error: an HTTP status, or a word. Defaults to none."},
		{Path: "stages.*.response.permanent_errors", Type: strictyaml.TypeList, Doc: "Words at error for which the key is at fault. They are not retried."},
		{Path: "stages.*.response.missing", Type: strictyaml.TypeIntegers, Min: 400, Max: 499, Doc: "Statuses of a whole response, such as [404], that mean unknown keys: all of them, or only some. Such a call for several keys is divided until each key has its result. This can take one call per key. Defaults to none. A response with 204, or without a body, has no items anyway."},
		{Path: "stages.*.key", Type: strictyaml.TypeListOrOne, Doc: "SQL: the column that holds the key, or the list of them for a composite key; defaults to the column named _key, which is left out of the result. HTTP: the path in an item to the key; defaults to id. None with request.one. MongoDB: the field that holds the key; defaults to the one that find compares with $keys."},
		{Path: "stages.*.key_type", Type: strictyaml.TypeListOrOne, Doc: "The key's type if the source does not report it; a list for a composite key. Defaults to text for Redis. For HTTP and MongoDB, without it, a number and a string are two keys."},
		{Path: "stages.*.many", Type: strictyaml.TypeBoolean, Default: "false", Doc: "true: the result is a list of the rows, items or documents of a key. false: two of them fail the key. Redis: true if the JSON is a list."},
		{Path: "stages.*.into", Type: strictyaml.TypeString, Doc: "Where the result goes. Defaults to a field named after the stage."},
		{Path: "stages.*.when", Type: strictyaml.TypeString, Pattern: `\S`, PatternDoc: "a condition is an expression such as event.amount > 100", Doc: "A condition over the event and the results of earlier stages, such as event.amount > 100. The stage runs only for events that meet it; for others its result is null, or [] if it is a list. Defaults to every event."},
		{Path: "stages.*.on_missing", Type: strictyaml.TypeEnum, Default: "keep", Enum: words(OnMissingKeep, OnMissingDrop, OnMissingDeadLetter, OnMissingRetry), Doc: "What happens to an event whose key has no row: keep it with null, drop it, dead_letter it, or retry the key within the limits of retry and then dead_letter it."},
		{Path: "stages.*.on_error", Type: strictyaml.TypeEnum, Default: "dead_letter", Enum: words(OnErrorKeep, OnErrorDeadLetter), Doc: "What happens to an event whose lookup failed after the retries."},
		{Path: "stages.*.on_outage", Type: strictyaml.TypeEnum, Default: "pause", Enum: words(OnOutagePause, OnOutageDegrade, OnOutageDeadLetter), Doc: "What happens to events while the source is unreachable: pause waits for it, degrade publishes them with null or stale values, marked, and dead_letter makes them dead letters. degrade and dead_letter need the source's breaker."},
		{Path: "stages.*.cache", Type: strictyaml.TypeSection, Doc: "How long to cache this stage's results."},
		{Path: "stages.*.cache.ttl", Type: strictyaml.TypeDuration, Min: 0, Max: year, Doc: "How long a row is cached. 0s turns the cache off for this stage. Defaults to cache.ttl."},
		{Path: "stages.*.cache.negative_ttl", Type: strictyaml.TypeDuration, Min: 0, Max: year, Doc: "How long the cache remembers that a key has no row. Defaults to 30s, or to the stage's ttl if that is shorter."},
		{Path: "stages.*.cache.stale_if_error", Type: strictyaml.TypeDuration, Default: "0s", Min: 0, Max: year, Doc: "How long beyond its ttl a row may be served while its source fails; the record's loaderline.degraded header says how old it was."},
		{Path: "stages.*.cache.refresh", Type: strictyaml.TypePercentage, Min: 1, Max: 99, Doc: "The share of its ttl, such as 80%, after which a requested row is reloaded in the background while it is still served. Without it a row is reloaded only after it has expired."},
	}
}

func outputKeys() []strictyaml.Key {
	return slices.Concat([]strictyaml.Key{
		{Path: "cache", Type: strictyaml.TypeSection, Doc: "The cache that all stages of a process share."},
		{Path: "cache.memory", Type: strictyaml.TypeSize, Default: "256MiB", Min: mib, Max: tib, Doc: "Memory for cached rows. With memory, a quarter of what is left for it."},
		{Path: "cache.ttl", Type: strictyaml.TypeDuration, Default: "0s", Min: 0, Max: year, Doc: "How long rows are cached for stages without their own ttl. 0s: they are not cached."},
		{Path: "cache.disk", Type: strictyaml.TypeSection, Doc: "A cache on disk below the memory, so that a restarted process has a warm cache. Defaults to none."},
		{Path: "cache.disk.path", Type: strictyaml.TypePath, Required: true, Example: "cache", Doc: "The folder, relative to the pipeline file. It is created if it is missing. Each process on a host uses its own subfolder."},
		{Path: "cache.disk.max_bytes", Type: strictyaml.TypeSize, Default: "4GiB", Min: 128 * mib, Max: 64 * tib, Doc: "The most bytes in the files of one process. About half of it is for compressed rows."},
		{Path: "cache.disk.memory", Type: strictyaml.TypeSize, Default: "32MiB", Min: 8 * mib, Max: tib, Doc: "Memory of one process for reading and writing the disk, in addition to cache.memory."},
	}, cacheRedisKeys(), []strictyaml.Key{
		{Path: "cache.invalidate", Type: strictyaml.TypeSection, Doc: "Topics from which a process learns that rows have changed before their ttl has passed. Each process reads all of them."},
		{Path: "cache.invalidate.topic", Type: strictyaml.TypeString, Pattern: topicPattern, PatternDoc: topicWords, Doc: "The topic for invalidations by loaderline cache invalidate and POST /api/invalidate. Defaults to none: they then reach one process only."},
		{Path: "cache.invalidate.wait", Type: strictyaml.TypeBoolean, Default: "true", Doc: "true: at start, events wait until the topics have been read up to their end at that time. false: until then, values from a cache that outlives the process may be outdated."},
		{Path: "cache.invalidate.changes", Type: strictyaml.TypeSections, Example: `[{topic: shop.public.users, key: id, stages: [user]}]`, Doc: "Topics with records of changed rows: from Debezium, or plain records with a key."},
		{Path: "cache.invalidate.changes[].topic", Type: strictyaml.TypeString, Required: true, Example: "shop.public.users", Pattern: topicPattern, PatternDoc: topicWords, Doc: "The topic to read."},
		{Path: "cache.invalidate.changes[].table", Type: strictyaml.TypeString, Doc: "Selects the records of this table if one topic has several tables: reviews, or public.reviews."},
		{Path: "cache.invalidate.changes[].key", Type: strictyaml.TypeListOrOne, Doc: "The column of the changed row that holds the stages' key, or the list of them for a composite key; a path if it is nested. Defaults to the record's whole key."},
		{Path: "cache.invalidate.changes[].stages", Type: strictyaml.TypeList, Required: true, Example: "[user]", Doc: "The stages whose rows have changed."},
		{Path: "cache.invalidate.changes[].format", Type: strictyaml.TypeEnum, Default: "json", Enum: words(FormatJSON, FormatAvro, FormatJSONSchema), Doc: "What the values are: json, or avro or json_schema with the schema IDs of registry. A key that begins with a schema ID is decoded too."},
		{Path: "cache.invalidate.changes[].envelope", Type: strictyaml.TypeEnum, Default: "auto", Enum: words(EnvelopeAuto, EnvelopeDebezium, EnvelopePlain), Doc: "The format of the values: debezium is op, before, after and source; plain is the row itself. auto tells them apart by their exact shape; if both are possible, a record may invalidate everything of the stages."},
		{Path: "cache.invalidate.changes[].old_key", Type: strictyaml.TypeEnum, Default: "auto", Enum: words(OldKeyAuto, OldKeyBefore, OldKeyPrimaryKey), Doc: "Which part of a record has the key that a changed or deleted row had before. before: the old row, which the database always logs whole (REPLICA IDENTITY FULL). primary_key: key is the table's primary key, which no update changes. auto invalidates everything of the stages if the old key is not certain."},
	}, recordKeys(), []strictyaml.Key{
		{Path: "dead_letter", Type: strictyaml.TypeSection, Required: true, Doc: "Where to publish records that could not be enriched."},
		{Path: "dead_letter.topic", Type: strictyaml.TypeString, Required: true, Example: "user-events-dead", Pattern: topicPattern, PatternDoc: topicWords, Doc: "The topic for dead letters."},
		{Path: "dead_letter.limit", Type: strictyaml.TypePercentage, Default: "50%", Min: 0, Max: 100, Doc: "The share of the latest events that may become dead letters. If there would be more, the pipeline stops and publishes none of the excess. 100% is no limit, 0% allows no dead letter at all."},
		{Path: "dead_letter.window", Type: strictyaml.TypeInteger, Default: "1000", Min: 1, Max: 1_000_000, Doc: "The number of latest events of a process over which limit is computed. It is kept with the group's offsets and survives restarts."},
	})
}

func operationKeys() []strictyaml.Key {
	return []strictyaml.Key{
		{Path: "retry", Type: strictyaml.TypeSection, Doc: "Retries of failed lookups: within a micro-batch, and later through retry topics."},
		{Path: "retry.initial", Type: strictyaml.TypeDuration, Default: "100ms", Min: ms, Max: hour, Doc: "The wait before the first retry; it doubles each time."},
		{Path: "retry.max", Type: strictyaml.TypeDuration, Default: "5s", Min: ms, Max: hour, Doc: "The longest wait between two retries."},
		{Path: "retry.max_elapsed", Type: strictyaml.TypeDuration, Default: "30s", Min: 0, Max: hour, Doc: "How long one micro-batch may retry, over all its stages. 0s turns retries off."},
		{Path: "retry.topics", Type: strictyaml.TypeSections, Example: `[{topic: user-events-retry-10s, delay: 10s}]`, Doc: "Retry topics, in order. An event that failed with a transient error waits in each of them, one after the other. They belong to this pipeline alone, and have the same number of partitions as the only input topic. Defaults to none: such events become dead letters at once."},
		{Path: "retry.topics[].topic", Type: strictyaml.TypeString, Required: true, Example: "user-events-retry-10s", Pattern: topicPattern, PatternDoc: topicWords, Doc: "The topic."},
		{Path: "retry.topics[].delay", Type: strictyaml.TypeDuration, Required: true, Example: "10s", Min: ms, Max: 24 * hour, Doc: "How long an event waits in it."},
		{Path: "retry.order", Type: strictyaml.TypeEnum, Default: "key", Enum: words(RetryOrderKey, RetryOrderNone), Doc: "key: later events of a key wait behind an event that waits in a retry topic. none: they overtake it."},
		{Path: "http", Type: strictyaml.TypeSection, Doc: "The HTTP server for metrics and health."},
		{Path: "http.listen", Type: strictyaml.TypeString, Default: DefaultListen, Pattern: listenPattern, PatternDoc: listenWords, Doc: "The address to listen on, as host:port. An empty text turns the server off. Port 0 takes a free port, which the log names."},
		{Path: "http.token", Type: strictyaml.TypeSecret, Doc: "The token for changes, and for status requests from other machines; best from the environment or a file. Defaults to none: they are then rejected."},
		{Path: "shutdown", Type: strictyaml.TypeSection, Doc: "The end of a run."},
		{Path: "shutdown.timeout", Type: strictyaml.TypeDuration, Default: "20s", Min: 0, Max: hour, Doc: "How long a run may take to finish the work in progress."},
		{Path: "log", Type: strictyaml.TypeSection, Doc: "Logging."},
		{Path: "log.level", Type: strictyaml.TypeEnum, Default: "info", Enum: []string{"debug", "info", "warn", "error"}, Doc: "The least severe messages to log."},
		{Path: "log.format", Type: strictyaml.TypeEnum, Default: "auto", Enum: words(LogFormatAuto, LogFormatText, LogFormatJSON), Doc: "auto is text on a terminal and JSON elsewhere."},
	}
}
