package testenv

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// shared holds the services of this test process. They belong to the process and not to a test, and a test has
// only its testing.TB to hand on.
var shared struct{ kafka, postgres, mariadb, redis, registry, mongodb lazyService }

// lazyService is started when it is first asked for. A start that failed is not tried again.
type lazyService struct {
	mu      sync.Mutex
	service *Service
	err     error
}

// address returns the service's address, which env names or which it gets by start.
func (l *lazyService) address(tb testing.TB, env string, start func(context.Context) (*Service, error)) string {
	tb.Helper()
	if address := os.Getenv(env); address != "" {
		return address
	}
	if testing.Short() {
		tb.Skipf("it needs a service, and -short was asked for; %s names a running one", env)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.service == nil && l.err == nil {
		l.service, l.err = start(tb.Context())
	}
	if l.err != nil {
		tb.Fatalf("%v; set %s to use a running service instead", l.err, env)
	}
	return l.service.Address()
}

// close ends the service where it was started.
func (l *lazyService) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.service == nil {
		return nil
	}
	defer func() { l.service = nil }()
	return l.service.Close()
}

// Main runs the tests of a package, ends the services they were given, fails when a goroutine is left, and exits.
// It is the whole body of a TestMain.
func Main(m goleak.TestingM, leaks ...goleak.Option) { goleak.VerifyTestMain(mainRunner{m}, leaks...) }

// AtOnce lets so many parallel tests of a package run at once, where they wait more than they compute. It is called before
// [Main]. The flag -parallel goes before it.
func AtOnce(tests int) {
	parallel := flag.Lookup("test.parallel")
	if parallel.Value.String() != parallel.DefValue {
		return
	}
	if err := parallel.Value.Set(strconv.Itoa(tests)); err != nil {
		panic(err) // A number is no wrong value.
	}
}

// mainRunner ends the services between the tests and the search for leaks.
type mainRunner struct{ m goleak.TestingM }

// Run returns the tests' exit code, or 1 where all passed and a service did not end well.
func (r mainRunner) Run() int {
	code := r.m.Run()
	err := errors.Join(shared.kafka.close(), shared.postgres.close(), shared.mariadb.close(), shared.redis.close(), shared.registry.close(), shared.mongodb.close())
	if err != nil {
		fmt.Fprintln(os.Stderr, "testenv:", err)
		code = max(code, 1)
	}
	return code
}

// Kafka returns the bootstrap address, host:port, of a broker that all tests of the process share; it does not
// create topics by itself: see [Topic].
func Kafka(tb testing.TB) string {
	tb.Helper()
	return shared.kafka.address(tb, EnvKafka, func(ctx context.Context) (*Service, error) {
		return StartKafka(ctx, KafkaConfig{})
	})
}

// Redis returns the address, host:port, of a Redis that all tests of the process share: keep to keys of your own.
func Redis(tb testing.TB) string {
	tb.Helper()
	return shared.redis.address(tb, EnvRedis, StartRedis)
}

// Registry returns the URL of a schema registry that all tests of the process share. Its compatibility level is BACKWARD. Keep to
// subjects of your own, and expect schemas of others: IDs do not begin at 1.
func Registry(tb testing.TB) string {
	tb.Helper()
	url := shared.registry.address(tb, EnvRegistry, StartRegistry)
	awaitStarted(tb, url, startTimeout, registryAnswers)
	return url
}

// MongoDB returns the URI of a server that speaks MongoDB's protocol, and the name of an empty database of this test's own, which is
// dropped when the test ends. The server is FerretDB, unless the environment names another.
func MongoDB(tb testing.TB) (uri, database string) {
	tb.Helper()
	uri = shared.mongodb.address(tb, EnvMongoDB, func(ctx context.Context) (*Service, error) { return StartMongoDB(ctx, MongoDBConfig{}) })
	awaitStarted(tb, uri, buildTimeout+startTimeout, mongoAnswers)
	database = "loaderline_" + strings.ToLower(rand.Text())
	tb.Cleanup(func() {
		// The test's context has ended by now.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(tb.Context()), 30*time.Second)
		defer cancel()
		if err := dropMongoDB(ctx, uri, database); err != nil {
			tb.Log(err)
		}
	})
	return uri, database
}

// awaitStarted waits for a service that a command around the tests may still be starting.
func awaitStarted(tb testing.TB, address string, limit time.Duration, answers func(ctx context.Context, address string) error) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), limit)
	defer cancel()
	for {
		err := answers(ctx, address)
		if err == nil {
			return
		}
		if waitErr := pause(ctx, 100*time.Millisecond); waitErr != nil {
			tb.Fatalf("the service at %s does not answer: %v", address, err)
		}
	}
}

// Postgres returns the DSN of a fresh, empty database of this test's own, which is dropped when the test ends,
// whoever is still connected.
func Postgres(tb testing.TB) string {
	tb.Helper()
	return freshDatabase(tb, shared.postgres.address(tb, EnvPostgres, StartPostgres), CreateDatabase)
}

// MariaDB returns the DSN, in the form of go-sql-driver, of a fresh, empty database of this test's own, which is
// dropped when the test ends. Its default character set is utf8mb4.
func MariaDB(tb testing.TB) string {
	tb.Helper()
	return freshDatabase(tb, shared.mariadb.address(tb, EnvMySQL, StartMariaDB), CreateMariaDBDatabase)
}

// freshDatabase creates a database on a server for one test.
func freshDatabase(
	tb testing.TB, admin string, create func(context.Context, string) (string, func(context.Context) error, error),
) string {
	tb.Helper()
	dsn, drop, err := create(tb.Context(), admin)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		// The test's context has ended by now.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(tb.Context()), 30*time.Second)
		defer cancel()
		if err := drop(ctx); err != nil {
			tb.Log(err)
		}
	})
	return dsn
}

// Topic creates a topic on the broker of [Kafka] and returns its name, which begins with prefix and is of this test
// alone. Configs are NAME=VALUE, such as max.message.bytes=2000. It is deleted when the test ends.
func Topic(tb testing.TB, prefix string, partitions int, configs ...string) string {
	tb.Helper()
	broker := Kafka(tb)
	name := prefix + "-" + strings.ToLower(rand.Text()[:10])
	if err := CreateTopic(tb.Context(), broker, name, partitions, configs...); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(tb.Context()), 30*time.Second)
		defer cancel()
		if err := DeleteTopics(ctx, broker, name); err != nil {
			tb.Logf("deleting the test's topic: %v", err)
		}
	})
	return name
}
