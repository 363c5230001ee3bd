package testenv

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	registryVersion = "2.6.13.Final"
	registryJar     = "apicurio-registry-app-" + registryVersion + "-runner.jar"
)

// StartRegistry starts Apicurio Registry with an empty database on disk, and returns once it answers. [Service.Address] is the URL
// of its API that is Confluent's. Its compatibility level is BACKWARD, as Confluent's registry has it. The jars are downloaded by
// Maven once and kept in the user's cache folder. ctx bounds the start alone; end the service by [Service.Close].
func StartRegistry(ctx context.Context) (*Service, error) {
	ports, err := freePorts(ctx, 1)
	if err != nil {
		return nil, fmt.Errorf("starting registry: %w", err)
	}
	return startRegistry(ctx, ports[0])
}

// startRegistry is [StartRegistry] on a port.
func startRegistry(ctx context.Context, port int) (*Service, error) {
	paths, err := locate(ctx, onPath("java", "default-jre-headless"))
	if err != nil {
		return nil, fmt.Errorf("starting registry: %w", err)
	}
	jars, err := registryJars(ctx)
	if err != nil {
		return nil, fmt.Errorf("starting registry: %w", err)
	}
	s, err := newService("registry")
	if err != nil {
		return nil, err
	}
	if s.command.owner != nil {
		// The cache folder is root's and closed to others, so the jars come to the server.
		own := filepath.Join(s.dir, "app")
		err = errors.Join(os.CopyFS(own, os.DirFS(jars)), s.command.owner.own(own))
		jars = own
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting registry: %w", err), s.Close())
	}
	s.address = registryURL(port)
	s.command.path = paths[0]
	s.command.args = []string{
		"-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
		"-Dquarkus.http.host=" + loopback, "-Dquarkus.http.port=" + strconv.Itoa(port), "-Dquarkus.log.level=WARN",
		// Each commit is on disk when it is acknowledged, so that a kill loses none.
		"-Dquarkus.datasource.jdbc.url=jdbc:h2:file:" + filepath.Join(s.dir, "data", "registry") + ";WRITE_DELAY=0",
		"-Dquarkus.datasource.jdbc.initial-size=1", "-Dquarkus.datasource.jdbc.min-size=1", "-Dquarkus.datasource.jdbc.max-size=8",
		"-jar", filepath.Join(jars, registryJar),
	}
	s.ready = func(ctx context.Context) error { return registryAnswers(ctx, s.address) }
	return s.launch(ctx)
}

// registryURL returns where a registry on a port has Confluent's API.
func registryURL(port int) string { return "http://" + hostPort(port) + "/apis/ccompat/v7" }

// registryJars returns the folder with the registry's jars.
func registryJars(ctx context.Context) (string, error) {
	return fromMaven(ctx, "apicurio-registry-"+registryVersion, func(work, out string) ([]string, error) {
		artifact := "io.apicurio:apicurio-registry-app:" + registryVersion + ":tar.gz:all"
		return []string{"dependency:unpack", "-Dartifact=" + artifact, "-DoutputDirectory=" + out, "-DmarkersDirectory=" + work}, nil
	})
}

// registryAnswers returns nil once the registry at a URL has the compatibility level BACKWARD. Apicurio's own default is NONE.
func registryAnswers(ctx context.Context, url string) (err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, url+"/config", strings.NewReader(`{"compatibility":"BACKWARD"}`))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/vnd.schemaregistry.v1+json")
	// A connection that is kept would be a goroutine that a test has left.
	transport := &http.Transport{DisableKeepAlives: true}
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("PUT /config was answered %s", response.Status)
	}
	return nil
}
