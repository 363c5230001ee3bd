package testenv

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

const (
	defaultKafkaVersion = "4.4.0"
	lockPoll            = 200 * time.Millisecond
)

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

// logsByReload4j says that a version brings its own logging, by log4j 1.
func logsByReload4j(version string) bool { return strings.HasPrefix(version, "3.") }

// kafkaJars returns the folder with a version's jars, downloading them where this user has not got them yet. Of
// several processes that need them at once, one downloads and the others wait.
func kafkaJars(ctx context.Context, version string) (string, error) {
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	jars := filepath.Join(cache, "kafka-"+version)
	unlock, err := lockCache(ctx, "kafka")
	if err != nil {
		return "", err
	}
	defer unlock()
	if _, err := os.Stat(jars); err == nil {
		return jars, nil // it got this name when it was complete.
	}
	paths, err := locate(ctx, onPath("mvn", "maven"))
	if err != nil {
		return "", err
	}
	work, err := os.MkdirTemp(cache, "download-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(work) }()
	pom := filepath.Join(work, "pom.xml")
	if err := os.WriteFile(pom, kafkaPom, 0o644); err != nil {
		return "", err
	}
	libs := filepath.Join(work, "libs")
	args := []string{"-B", "-q", "-f", pom, "dependency:copy-dependencies", "-Dkafka.version=" + version, "-DoutputDirectory=" + libs}
	if logsByReload4j(version) {
		args = append(args, "-DexcludeGroupIds=org.apache.logging.log4j")
	}
	out, err := exec.CommandContext(ctx, paths[0], args...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("downloading Kafka %s by Maven: %w\n%s", version, err, out[max(0, len(out)-2<<10):])
	}
	if err := os.Rename(libs, jars); err != nil {
		return "", err
	}
	return jars, nil
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
