// Package devbroker is a Kafka broker inside this process, to try things on: transactions, consumer groups and all that
// loaderline needs, without replication, authentication or the durability of a real cluster. It is not for production.
package devbroker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/gofrs/flock"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/loaderline/loaderline/internal/devlisten"
)

const (
	// DefaultListen is where Kafka clients look first.
	DefaultListen = "127.0.0.1:9092"
	// DefaultPartitions is how many partitions a topic gets.
	DefaultPartitions = 4

	topicPattern = `^[a-zA-Z0-9._-]{1,249}$`
)

// Config says how a broker runs. Zero values are defaults.
type Config struct {
	// Listen is the address to listen on, as host:port, and the address that clients are sent to; port 0 is any free
	// one. Defaults to DefaultListen.
	Listen string
	// Dir is a folder for topics, records and offsets, which is made if need be. Defaults to keeping them in memory.
	Dir string
	// Topics are created where they are not there yet.
	Topics []string
	// Partitions is the number for each topic that is created. Defaults to DefaultPartitions.
	Partitions int
}

// ConfigError says that a setting cannot be used here.
type ConfigError struct {
	Setting string // listen, dir or topics
	Err     error
}

// Error implements error.
func (e *ConfigError) Error() string { return fmt.Sprintf("%s: %v", e.Setting, e.Err) }

// Unwrap gives the reason.
func (e *ConfigError) Unwrap() error { return e.Err }

// Broker is a running broker. It is safe for concurrent use.
type Broker struct {
	cluster *kfake.Cluster
	lock    *flock.Flock // nil without a folder
}

// Start starts a broker. Topics that a client asks to be created are, as on Kafka by default. The error is a
// *ConfigError where an address is taken, a folder is held by another broker, or a topic cannot have its name.
// Close ends the broker.
func Start(ctx context.Context, cfg Config) (_ *Broker, err error) {
	if cfg.Listen == "" {
		cfg.Listen = DefaultListen
	}
	if cfg.Partitions == 0 {
		cfg.Partitions = DefaultPartitions
	}
	listener, err := devlisten.Listen(ctx, cfg.Listen, DefaultListen)
	if err != nil {
		return nil, &ConfigError{Setting: "listen", Err: err}
	}
	b := &Broker{}
	defer func() {
		if err != nil {
			err = errors.Join(err, ignoreClosed(listener.Close()), b.unlock())
		}
	}()
	opts := []kfake.Opt{
		kfake.NumBrokers(1), kfake.DefaultNumPartitions(cfg.Partitions), kfake.AllowAutoTopicCreation(),
		kfake.ClusterID("loaderline-development"),
		kfake.BrokerConfigs(map[string]string{"group.initial.rebalance.delay.ms": "0"}),
		kfake.ListenFn(func(string, string) (net.Listener, error) { return listener, nil }),
	}
	if cfg.Dir != "" {
		if b.lock, err = hold(cfg.Dir); err != nil {
			return nil, err
		}
		opts = append(opts, kfake.DataDir(cfg.Dir))
	}
	if b.cluster, err = kfake.NewCluster(opts...); err != nil {
		if cfg.Dir != "" {
			return nil, &ConfigError{Setting: "dir", Err: fmt.Errorf("read what %s holds: %w", cfg.Dir, err)}
		}
		return nil, fmt.Errorf("start the development broker: %w", err)
	}
	for _, topic := range cfg.Topics {
		if err := b.create(topic, cfg.Partitions); err != nil {
			b.cluster.Close()
			return nil, err
		}
	}
	return b, nil
}

// Addr is the broker's address, as host:port.
func (b *Broker) Addr() string { return b.cluster.ListenAddrs()[0] }

// Close ends the broker and writes down what is to be kept.
func (b *Broker) Close() error {
	b.cluster.Close()
	return b.unlock()
}

func (b *Broker) unlock() error {
	if b.lock == nil {
		return nil
	}
	if err := b.lock.Close(); err != nil {
		return fmt.Errorf("release the broker's folder: %w", err)
	}
	return nil
}

func (b *Broker) create(topic string, partitions int) error {
	if !regexp.MustCompile(topicPattern).MatchString(topic) || topic == "." || topic == ".." {
		return &ConfigError{Setting: "topics", Err: fmt.Errorf("%q cannot be a topic's name: it has letters, digits, dots, _ and - only, at most 249", topic)}
	}
	if b.cluster.TopicInfo(topic) != nil {
		return nil
	}
	if err := b.cluster.CreateTopic(topic, int32(partitions), nil); err != nil {
		return &ConfigError{Setting: "topics", Err: fmt.Errorf("create %q: %w", topic, err)}
	}
	return nil
}

// hold makes a folder and claims it for this process.
func hold(dir string) (*flock.Flock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, &ConfigError{Setting: "dir", Err: err}
	}
	lock := flock.New(filepath.Join(dir, ".lock"))
	held, err := lock.TryLock()
	switch {
	case err != nil:
		return nil, &ConfigError{Setting: "dir", Err: fmt.Errorf("lock %s: %w", lock.Path(), err)}
	case !held:
		return nil, &ConfigError{Setting: "dir", Err: errors.Join(fmt.Errorf("another broker uses %s", strings.TrimSuffix(dir, "/")), lock.Close())}
	}
	return lock, nil
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
