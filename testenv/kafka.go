package testenv

import (
	"bytes"
	"cmp"
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
	"strings"
	"text/template"
	"time"

	"github.com/segmentio/kafka-go"
)

//go:embed kafka/server.properties.tmpl
var kafkaProperties string

//go:embed kafka/log4j2.properties
var kafkaLogging string

//go:embed kafka/log4j.properties
var kafka3Logging string

// KafkaConfig configures [StartKafka] and [StartKafkaCluster].
type KafkaConfig struct {
	// Version is a version of Kafka on Maven Central, such as 3.9.1. Defaults to the environment's [EnvKafkaVersion],
	// else to 4.4.0.
	Version string
	// Heap is the JVM's heap limit, as -Xmx takes it. Defaults to 1g, and to 384m for a broker in a cluster.
	Heap string
	// Listeners are further addresses to serve clients at. A cluster has none.
	Listeners []Listener
	// Properties are broker properties that are added to server.properties or replace what it says.
	Properties map[string]string
}

// brokerPlace is a broker's place in its cluster.
type brokerPlace struct {
	id                   int
	listener, controller string // addresses
	voters               string // all controllers, as controller.quorum.voters takes them
	cluster              string // the cluster's id
	brokers, inSync      int    // the replicas of a topic, and how many have to acknowledge a record
}

// StartKafka starts Apache Kafka, one broker that is its own controller, and returns once it answers. Topics
// are not created by themselves. The jars are downloaded by Maven once and kept in the user's cache folder. ctx
// bounds the start alone; end the service by [Service.Close].
func StartKafka(ctx context.Context, config KafkaConfig) (*Service, error) {
	places, err := brokerPlaces(ctx, 1, 1)
	if err != nil {
		return nil, fmt.Errorf("starting kafka: %w", err)
	}
	s, err := newBroker(ctx, config, places[0])
	if err != nil {
		return nil, err
	}
	return s.launch(ctx)
}

// brokerPlaces returns places for the brokers of a new cluster.
func brokerPlaces(ctx context.Context, brokers, inSync int) ([]brokerPlace, error) {
	ports, err := freePorts(ctx, 2*brokers)
	if err != nil {
		return nil, err
	}
	places, voters, cluster := make([]brokerPlace, brokers), make([]string, brokers), clusterID()
	for i := range places {
		places[i] = brokerPlace{
			id: i + 1, listener: hostPort(ports[2*i]), controller: hostPort(ports[2*i+1]),
			cluster: cluster, brokers: brokers, inSync: inSync,
		}
		voters[i] = fmt.Sprintf("%d@%s", i+1, places[i].controller)
	}
	for i := range places {
		places[i].voters = strings.Join(voters, ",")
	}
	return places, nil
}

// newBroker makes a broker that is ready to be started.
func newBroker(ctx context.Context, config KafkaConfig, place brokerPlace) (*Service, error) {
	version, err := kafkaVersion(config.Version)
	if err != nil {
		return nil, fmt.Errorf("starting kafka: %w", err)
	}
	paths, err := locate(ctx, onPath("java", "default-jre-headless"))
	if err != nil {
		return nil, fmt.Errorf("starting kafka: %w", err)
	}
	jars, err := kafkaJars(ctx, version)
	if err != nil {
		return nil, fmt.Errorf("starting kafka: %w", err)
	}
	s, err := newService("kafka")
	if err != nil {
		return nil, err
	}
	if err := s.prepareKafka(ctx, config, place, paths[0], jars, version); err != nil {
		return nil, errors.Join(fmt.Errorf("starting kafka: %w", err), s.Close())
	}
	return s, nil
}

// prepareKafka writes the broker's files and formats its storage.
func (s *Service) prepareKafka(ctx context.Context, config KafkaConfig, place brokerPlace, java, jars, version string) (err error) {
	s.address = place.listener
	if s.command.owner != nil {
		// The cache folder is root's and closed to others, so the jars come to the server.
		if jars, err = copyJars(jars, filepath.Join(s.dir, "libs")); err != nil {
			return err
		}
	}
	properties, err := renderProperties(place, filepath.Join(s.dir, "data"), config)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(s.dir, "server.properties"), []byte(properties), 0o644); err != nil {
		return err
	}
	if err := writeKafkaLogging(s.dir); err != nil {
		return err
	}
	if err := s.command.owner.own(s.dir); err != nil {
		return err
	}
	s.command.path = java
	jvm := []string{kafkaLoggingOption(version, s.dir), "-cp", filepath.Join(jars, "*")}
	format := s.command
	format.args = append(append([]string{"-XX:TieredStopAtLevel=1"}, jvm...),
		"kafka.tools.StorageTool", "format", "-t", place.cluster, "-c", "server.properties")
	if err := format.run(ctx); err != nil {
		return fmt.Errorf("formatting its storage: %w", err)
	}
	s.command.args = append(append([]string{"-Xmx" + cmp.Or(config.Heap, "1g")}, jvm...), "kafka.Kafka", "server.properties")
	s.ready = func(ctx context.Context) error { return kafkaAnswers(ctx, s.address) }
	return nil
}

// writeKafkaLogging writes the configuration of the JVM's logging, for each version that there may be.
func writeKafkaLogging(dir string) error {
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "log4j2.properties"), []byte(kafkaLogging), 0o644),
		os.WriteFile(filepath.Join(dir, "log4j.properties"), []byte(kafka3Logging), 0o644),
	)
}

// kafkaLoggingOption has a JVM read the configuration of its version's logging in dir.
func kafkaLoggingOption(version, dir string) string {
	if logsByReload4j(version) {
		return "-Dlog4j.configuration=file:" + filepath.Join(dir, "log4j.properties")
	}
	return "-Dlog4j2.configurationFile=" + filepath.Join(dir, "log4j2.properties")
}

// renderProperties returns server.properties. The properties of the configuration come last, and the last one wins.
func renderProperties(place brokerPlace, data string, config KafkaConfig) (string, error) {
	page, err := template.New("server.properties").Option("missingkey=error").Parse(kafkaProperties)
	if err != nil {
		return "", fmt.Errorf("template of server.properties: %w", err)
	}
	var text bytes.Buffer
	err = page.Execute(&text, map[string]any{
		"ID": place.id, "Voters": place.voters, "Listener": place.listener, "Controller": place.controller, "Data": data,
		"Replicas": place.brokers, "InSync": place.inSync, "More": config.Listeners,
	})
	if err != nil {
		return "", fmt.Errorf("template of server.properties: %w", err)
	}
	properties := map[string]string{}
	for _, l := range config.Listeners {
		for key, value := range l.Properties {
			properties["listener.name."+strings.ToLower(l.Name)+"."+key] = value
		}
	}
	maps.Copy(properties, config.Properties)
	for _, key := range slices.Sorted(maps.Keys(properties)) {
		fmt.Fprintf(&text, "%s=%s\n", key, strings.ReplaceAll(properties[key], "\n", `\n`))
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

// kafkaAnswers returns nil once the broker at address is registered with its controller, and so serves clients.
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
	for _, b := range brokers {
		if hostPort(b.Port) == address {
			return nil
		}
	}
	return errors.New("the broker is not registered")
}
