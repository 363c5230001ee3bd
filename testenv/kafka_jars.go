package testenv

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

const defaultKafkaVersion = "4.4.0"

// EnvKafkaVersion is the variable of the environment that names the version of the brokers which tests start, such as
// 3.9.1. Without it they start 4.4.0.
const EnvKafkaVersion = "LOADERLINE_TEST_KAFKA_VERSION"

//go:embed kafka/pom.xml
var kafkaPom []byte

// kafkaVersion returns a version of Kafka: the one that is wanted, else that of the environment, else the default.
func kafkaVersion(wanted string) (string, error) {
	version := cmp.Or(wanted, os.Getenv(EnvKafkaVersion), defaultKafkaVersion)
	if !regexp.MustCompile(`^\d+\.\d+\.\d+$`).MatchString(version) {
		return "", fmt.Errorf("%q is not a version of Kafka; write one such as %s", version, defaultKafkaVersion)
	}
	return version, nil
}

// logsByReload4j reports whether a version brings its own logging, by log4j 1.
func logsByReload4j(version string) bool { return strings.HasPrefix(version, "3.") }

// kafkaJars returns the folder with a version's jars.
func kafkaJars(ctx context.Context, version string) (string, error) {
	return fromMaven(ctx, "kafka-"+version, func(work, out string) ([]string, error) {
		pom := filepath.Join(work, "pom.xml")
		args := []string{"-f", pom, "dependency:copy-dependencies", "-Dkafka.version=" + version, "-DoutputDirectory=" + out}
		if logsByReload4j(version) {
			args = append(args, "-DexcludeGroupIds=org.apache.logging.log4j")
		}
		return args, os.WriteFile(pom, kafkaPom, 0o644)
	})
}

// copyJars copies the jars of a folder, where the server's account cannot look. Hard links would be chowned with
// the data folder.
func copyJars(from, to string) (string, error) {
	if err := os.Mkdir(to, 0o755); err != nil {
		return "", err
	}
	entries, err := os.ReadDir(from)
	if err != nil {
		return "", err
	}
	for _, entry := range entries {
		if err := copyFile(filepath.Join(from, entry.Name()), filepath.Join(to, entry.Name())); err != nil {
			return "", err
		}
	}
	return to, nil
}

// copyFile copies a file that need not be synced.
func copyFile(from, to string) (err error) {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }()
	target, err := os.Create(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	_, err = io.Copy(target, source)
	return err
}
