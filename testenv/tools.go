package testenv

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// kcatProgram is the command-line client that is not of Kafka's own.
func kcatProgram() program { return onPath("kcat", "kcat") }

// consoleTools are Kafka's own clients for a shell: the scripts of its distribution and the classes that they run.
func consoleTools() map[string]string {
	return map[string]string{
		"kafka-console-producer.sh": "org.apache.kafka.tools.ConsoleProducer",
		"kafka-console-consumer.sh": "org.apache.kafka.tools.consumer.ConsoleConsumer",
	}
}

// Tools returns a folder to put on PATH, with kcat and Kafka's console tools under the names that users know them by.
// It installs and downloads what is missing, and skips the test when -short was asked for. The folder is removed when the
// test ends.
func Tools(tb testing.TB) string {
	tb.Helper()
	NeedServices(tb)
	dir := tb.TempDir()
	if err := writeTools(tb.Context(), dir); err != nil {
		tb.Fatal(err)
	}
	return dir
}

func writeTools(ctx context.Context, dir string) error {
	paths, err := locate(ctx, kcatProgram(), onPath("java", "default-jre-headless"))
	if err != nil {
		return fmt.Errorf("finding Kafka's tools: %w", err)
	}
	version, err := kafkaVersion("")
	if err != nil {
		return fmt.Errorf("finding Kafka's tools: %w", err)
	}
	jars, err := kafkaJars(ctx, version)
	if err != nil {
		return fmt.Errorf("finding Kafka's tools: %w", err)
	}
	if err := os.Symlink(paths[0], filepath.Join(dir, "kcat")); err != nil {
		return err
	}
	if err := writeKafkaLogging(dir); err != nil {
		return err
	}
	for name, class := range consoleTools() {
		argv := []string{
			paths[1], "-Xmx256m", "-XX:TieredStopAtLevel=1", kafkaLoggingOption(version, dir), "-cp", filepath.Join(jars, "*"), class,
		}
		for i, arg := range argv {
			argv[i] = "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
		}
		script := "#!/bin/sh\nexec " + strings.Join(argv, " ") + ` "$@"` + "\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			return err
		}
	}
	return nil
}
