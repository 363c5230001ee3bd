package testenv

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

const (
	kafkaVersion = "4.1.1"
	lockPoll     = 200 * time.Millisecond
)

//go:embed kafka/pom.xml
var kafkaPom []byte

// kafkaJars returns the folder with the broker's jars, downloading them where this user has not got them yet. Of
// several processes that need them at once, one downloads and the others wait.
func kafkaJars(ctx context.Context) (string, error) {
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	jars := filepath.Join(cache, "kafka-"+kafkaVersion)
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
	out, err := exec.CommandContext(ctx, paths[0], "-B", "-q", "-f", pom, "dependency:copy-dependencies",
		"-DoutputDirectory="+libs).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("downloading Kafka %s by Maven: %w\n%s", kafkaVersion, err, out[max(0, len(out)-2<<10):])
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
