package testenv

import (
	"bytes"
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"text/template"
	"time"

	"github.com/segmentio/kafka-go"
)

//go:embed kafka/server.properties.tmpl
var kafkaProperties string

//go:embed kafka/log4j2.properties
var kafkaLogging string

// KafkaConfig configures [StartKafka].
type KafkaConfig struct {
	// Heap is the JVM's heap limit, as -Xmx takes it. Defaults to 1g.
	Heap string
	// Listeners are further addresses to serve clients at.
	Listeners []Listener
	// Properties are broker properties that are added to server.properties or replace what it says.
	Properties map[string]string
}

// Listener is an address of a broker that stands behind a proxy.
type Listener struct {
	// Name is of capital letters.
	Name string
	// Address is where the broker listens, host:port.
	Address string
	// Advertised is where it sends the clients that came by this listener: the proxy, so that they stay with it.
	Advertised string
}

// StartKafka starts Apache Kafka 4.1.1, one broker that is its own controller, and returns once it answers. Topics
// are not created by themselves. The jars are downloaded by Maven once and kept in the user's cache folder. ctx
// bounds the start alone; end the service by [Service.Close].
func StartKafka(ctx context.Context, config KafkaConfig) (*Service, error) {
	paths, err := locate(ctx, onPath("java", "default-jre-headless"))
	if err != nil {
		return nil, fmt.Errorf("starting kafka: %w", err)
	}
	jars, err := kafkaJars(ctx)
	if err != nil {
		return nil, fmt.Errorf("starting kafka: %w", err)
	}
	s, err := newService("kafka")
	if err != nil {
		return nil, err
	}
	if err := s.prepareKafka(ctx, config, paths[0], jars); err != nil {
		return nil, errors.Join(fmt.Errorf("starting kafka: %w", err), s.Close())
	}
	return s.launch(ctx)
}

// prepareKafka writes the broker's files and formats its storage.
func (s *Service) prepareKafka(ctx context.Context, config KafkaConfig, java, jars string) error {
	ports, err := freePorts(ctx, 2)
	if err != nil {
		return err
	}
	s.address = hostPort(ports[0])
	if s.command.owner != nil {
		// The cache folder is root's and closed to others, so the jars come to the server.
		if jars, err = copyJars(jars, filepath.Join(s.dir, "libs")); err != nil {
			return err
		}
	}
	properties, err := renderProperties(s.address, hostPort(ports[1]), s.dir, config)
	if err != nil {
		return err
	}
	for name, text := range map[string]string{"server.properties": properties, "log4j2.properties": kafkaLogging} {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	if err := s.command.owner.own(s.dir); err != nil {
		return err
	}
	heap := config.Heap
	if heap == "" {
		heap = "1g"
	}
	s.command.path = java
	jvm := []string{"-Dlog4j2.configurationFile=log4j2.properties", "-cp", filepath.Join(jars, "*")}
	format := s.command
	format.args = append(append([]string{"-XX:TieredStopAtLevel=1"}, jvm...),
		"kafka.tools.StorageTool", "format", "-t", clusterID(), "-c", "server.properties")
	if err := format.run(ctx); err != nil {
		return fmt.Errorf("formatting its storage: %w", err)
	}
	s.command.args = append(append([]string{"-Xmx" + heap}, jvm...), "kafka.Kafka", "server.properties")
	s.ready = func(ctx context.Context) error { return kafkaAnswers(ctx, s.address) }
	return nil
}

// renderProperties returns server.properties. The properties of the configuration come last, and the last one wins.
func renderProperties(listener, controller, dir string, config KafkaConfig) (string, error) {
	page, err := template.New("server.properties").Option("missingkey=error").Parse(kafkaProperties)
	if err != nil {
		return "", fmt.Errorf("template of server.properties: %w", err)
	}
	var text bytes.Buffer
	err = page.Execute(&text, map[string]any{
		"Listener": listener, "Controller": controller, "Data": filepath.Join(dir, "data"),
		"More": config.Listeners,
	})
	if err != nil {
		return "", fmt.Errorf("template of server.properties: %w", err)
	}
	for _, key := range slices.Sorted(maps.Keys(config.Properties)) {
		fmt.Fprintf(&text, "%s=%s\n", key, config.Properties[key])
	}
	return text.String(), nil
}

// clusterID returns a new cluster's id: a random UUID as Kafka writes it.
func clusterID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails.
	id[0] &= 0x7f           // an id that begins with a dash would look like an option.
	return base64.RawURLEncoding.EncodeToString(id[:])
}

// kafkaAnswers returns nil once the broker at address is registered, and so serves clients.
func kafkaAnswers(ctx context.Context, address string) error {
	conn, err := kafka.DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(2 * time.Second)); err != nil {
		return err
	}
	brokers, err := conn.Brokers()
	if err != nil {
		return err
	}
	if len(brokers) == 0 {
		return errors.New("no broker is registered")
	}
	return nil
}
