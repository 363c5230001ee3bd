package doctest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
)

// TestPipelinesInPagesAreRight parses and lays out every pipeline file, and every part of one.
func TestPipelinesInPagesAreRight(t *testing.T) {
	for _, p := range pages(t) {
		for _, b := range p.blocks {
			if b.kind() != "yaml" {
				continue
			}
			if err := layOut(wholePipeline(t, b.text)); err != nil {
				t.Errorf("%s:%d: %v", p.path, b.line, err)
			}
		}
	}
}

// TestExamplePipelinesAreRight holds the files that the pages point at.
func TestExamplePipelinesAreRight(t *testing.T) {
	data := read(t, "examples/user-events.yaml")
	if err := layOut(data); err != nil {
		t.Error(err)
	}
	_, uncommented, _ := strings.Cut(data, "\n")
	for _, b := range readPage(t, filepath.Join(root, "README.md")).blocks {
		if b.kind() == "yaml" && b.text != uncommented {
			t.Errorf("README.md:%d is not examples/user-events.yaml", b.line)
		}
	}
}

func layOut(text string) error {
	secrets := map[string]string{
		"SHOP_DSN": "postgres://shop.example/shop", "KAFKA_USERNAME": "enrich", "KAFKA_PASSWORD": "secret",
		"REDIS_PASSWORD": "secret", "MONGO_URI": "mongodb://docs.example/shop", "USERS_TOKEN": "secret", "CATALOG_TOKEN": "secret", "HTTP_TOKEN": "secret",
	}
	file, err := pipelinefile.Parse("pipeline.yaml", []byte(text), pipelinefile.Options{
		Getenv: func(name string) (string, bool) {
			value, set := secrets[name]
			return value, set
		},
		ReadFile: func(string) ([]byte, error) { return []byte("secret\n"), nil },
	})
	if err != nil {
		return err
	}
	_, err = pipeline.NewLayout(file)
	return err
}

// wholePipeline lays a part of a pipeline file over the example, whose sections of the same names it replaces.
func wholePipeline(t *testing.T, part string) string {
	t.Helper()
	over := sections(part)
	if over["kafka"] != "" && over["dead_letter"] != "" {
		return part
	}
	all := sections(read(t, "examples/user-events.yaml"))
	maps.Copy(all, over)
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(all)) {
		b.WriteString(all[name])
	}
	return b.String()
}

// sections are the lines of each key at the top of a YAML document.
func sections(text string) map[string]string {
	all := map[string]string{}
	name := ""
	for line := range strings.Lines(text) {
		if key, _, is := strings.Cut(line, ":"); is && strings.IndexAny(line, " #\n") != 0 {
			name = key
		}
		if name != "" {
			all[name] += line
		}
	}
	return all
}

// TestJSONInPagesIsJSON parses the documents of every block.
func TestJSONInPagesIsJSON(t *testing.T) {
	for _, p := range pages(t) {
		for _, b := range p.blocks {
			if b.kind() != "json" {
				continue
			}
			for documents := json.NewDecoder(strings.NewReader(b.text)); ; {
				var document any
				if err := documents.Decode(&document); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					t.Errorf("%s:%d: %v", p.path, b.line, err)
					break
				}
			}
		}
	}
}

// TestManifestsRunTheProgram checks what a manifest takes from the program: its command, the paths of its probes, and that
// a drain has time to end.
func TestManifestsRunTheProgram(t *testing.T) {
	type manifest struct {
		Spec struct {
			Template struct {
				Spec struct {
					Grace      int `yaml:"terminationGracePeriodSeconds"`
					Containers []struct {
						Args []string
						Live struct {
							HTTP struct{ Path string } `yaml:"httpGet"`
						} `yaml:"livenessProbe"`
						Ready struct {
							HTTP struct{ Path string } `yaml:"httpGet"`
						} `yaml:"readinessProbe"`
					}
				}
			}
		}
	}
	for _, p := range pages(t) {
		for _, b := range p.blocks {
			if b.kind() != "yaml manifest" {
				continue
			}
			var m manifest
			if err := yaml.NewDecoder(bytes.NewBufferString(b.text)).Decode(&m); err != nil {
				t.Errorf("%s:%d: %v", p.path, b.line, err)
				continue
			}
			spec := m.Spec.Template.Spec
			if len(spec.Containers) != 1 {
				t.Errorf("%s:%d: %d containers, want 1", p.path, b.line, len(spec.Containers))
				continue
			}
			c := spec.Containers[0]
			if err := commandExists("loaderline " + strings.Join(c.Args, " ")); err != nil {
				t.Errorf("%s:%d: %v", p.path, b.line, err)
			}
			if c.Live.HTTP.Path != "/healthz" || c.Ready.HTTP.Path != "/readyz" {
				t.Errorf("%s:%d: probes of %q and %q, want /healthz and /readyz", p.path, b.line, c.Live.HTTP.Path, c.Ready.HTTP.Path)
			}
			if spec.Grace < 25 {
				t.Errorf("%s:%d: the pod is killed after %d s, before a drain of 20 s surely ended", p.path, b.line, spec.Grace)
			}
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
