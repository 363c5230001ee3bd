// Package testenv is a world to test loaderline in: real Apache Kafka, PostgreSQL, MariaDB, Redis, a schema registry and
// FerretDB, which speaks MongoDB's protocol, a shop with users, purchases and reviews, a stream of events about its users, and a checker that says whether a
// pipeline's output is what the events and the database demand.
//
// It is the independent side of every end-to-end test. It imports no other package of this module, and its
// Kafka client is segmentio/kafka-go where the pipeline's is franz-go, so that a defect in one client, or a
// shared misunderstanding, cannot hide itself.
//
// # Services
//
// [Kafka], [Postgres], [MariaDB], [Redis], [Registry], [MongoDB] and [Topic] give a test what it needs. They use the services whose addresses
// the environment names, and otherwise start one of each for the test process, when it is first asked for:
//
//	LOADERLINE_TEST_KAFKA     host:port of a broker
//	LOADERLINE_TEST_POSTGRES  DSN of a database whose user may create databases
//	LOADERLINE_TEST_MYSQL     the same of a MariaDB, as user:password@tcp(host:port)/database
//	LOADERLINE_TEST_REDIS     host:port
//	LOADERLINE_TEST_REGISTRY  URL of Confluent's API of a schema registry, whose compatibility level tests set to BACKWARD
//	LOADERLINE_TEST_MONGODB   URI of a MongoDB, or of what speaks its protocol, whose user may create databases
//
// A service that cannot start fails the test; nothing is skipped. A package that uses them calls [Main] in its
// TestMain. The command testenv/cmd/testenv starts the same services around any command.
//
// LOADERLINE_TEST_KAFKA_VERSION names the version of the brokers that tests start, such as 3.9.1.
//
// Tests that stop, kill or freeze a service start their own by [StartKafka], [StartKafkaCluster], [StartPostgres],
// [StartMariaDB], [StartRedis], [StartMongoDB] or [StartRegistry]. A broker serves clients that authenticate at a [SCRAMListener] or a [MutualTLSListener].
//
// [FindPythonSerdes] and [FindJavaSerdes] return what programs in Python and Java need that write and read records with schemas.
//
// # Events and the checker
//
// [SeedShop] fills a database, [Events] yields events about its users and [Publish] sends them. [NewChecker]
// follows the output from its first record on; [Checker.Check] gives the verdict as a [Report].
package testenv
