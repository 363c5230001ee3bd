// Package counterpart has programs in Python and Java that write and read records with schemas, and the tests that hold the formats to
// them.
//
// The programs use what loaderline's users use beside it: Confluent's client, fastavro, Avro for Java, Protobuf for Python and Java, and
// Apicurio's serializers. So they are independent judges: a misunderstanding of a format that a round trip of our own hides, they do not
// share.
//
// Each program takes commands, see [Command], and is started once for all tests. Their sources are in the folders python and java.
package counterpart
