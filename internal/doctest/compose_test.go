package doctest_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/goccy/go-yaml"
)

// TestTheComposeFileIsRight loads docker-compose.yml as Docker Compose does: strictly, with the specification's schema.
func TestTheComposeFileIsRight(t *testing.T) {
	project := composeProject(t)
	for _, want := range []string{"kafka", "topics", "postgres", "loaderline", "events", "prometheus", "grafana"} {
		if _, ok := project.AllServices()[want]; !ok {
			t.Errorf("there is no service %s", want)
		}
	}
	for name, service := range project.AllServices() {
		if service.Build == nil && !strings.Contains(service.Image, ":") {
			t.Errorf("%s: image %q has no version", name, service.Image)
		}
		for _, volume := range service.Volumes {
			if _, err := os.Stat(volume.Source); err != nil || !volume.ReadOnly {
				t.Errorf("%s mounts %s: it has to be there and be mounted read-only: %v", name, volume.Source, err)
			}
		}
		for _, port := range service.Ports {
			if port.HostIP != "127.0.0.1" {
				t.Errorf("%s: port %s is open to other hosts", name, port.Published)
			}
		}
	}
	for _, name := range []string{"loaderline", "events"} {
		if err := commandExists("loaderline " + strings.Join(project.AllServices()[name].Command, " ")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTheComposeFileNamesWhatThePipelineNeeds follows addresses and topics from the pipeline file to the services.
func TestTheComposeFileNamesWhatThePipelineNeeds(t *testing.T) {
	services := composeProject(t).AllServices()
	environment := services["loaderline"].Environment
	example := read(t, "examples/user-events.yaml")
	for name := range environment {
		if !strings.Contains(example, "${"+name) {
			t.Errorf("loaderline gets %s, which examples/user-events.yaml does not read", name)
		}
	}
	listener := "INTERNAL://" + value(environment["KAFKA_BROKERS"])
	if got := value(services["kafka"].Environment["KAFKA_ADVERTISED_LISTENERS"]); !strings.Contains(got, listener) {
		t.Errorf("kafka advertises %s, not %s", got, listener)
	}
	var pipeline struct {
		Input  struct{ Topics []string }
		Output struct{ Topic string }
		Dead   struct{ Topic string } `yaml:"dead_letter"`
	}
	if err := yaml.Unmarshal([]byte(example), &pipeline); err != nil {
		t.Fatal(err)
	}
	script := strings.Join(services["topics"].Command, " ")
	for _, topic := range append(pipeline.Input.Topics, pipeline.Output.Topic, pipeline.Dead.Topic) {
		if !strings.Contains(script, " "+topic+" ") && !strings.Contains(script, " "+topic+";") {
			t.Errorf("topics does not create %s", topic)
		}
	}
	_, port, _ := strings.Cut(value(environment["HTTP_LISTEN"]), ":")
	if scrape := read(t, "examples/prometheus.yml"); !strings.Contains(scrape, "loaderline:"+port) {
		t.Errorf("prometheus does not scrape port %s", port)
	}
	if grace := services["loaderline"].StopGracePeriod; grace == nil || grace.String() != "30s" {
		t.Errorf("loaderline is killed after %v, before a drain of 20 s surely ended", grace)
	}
}

// TestTheExampleEventsAreWhatTheyClaim counts the bad ones: docs/operate.md says how many there are.
func TestTheExampleEventsAreWhatTheyClaim(t *testing.T) {
	bad, lines := 0, 0
	for line := range strings.Lines(read(t, "examples/events.ndjson")) {
		var event struct {
			User any `json:"user_id"`
		}
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Errorf("%q: %v", line, err)
		}
		// The shop of examples/shop.sql has 1,000 users.
		if id, is := event.User.(float64); !is || id >= 1000 {
			bad++
		}
		lines++
	}
	if bad != 2 || lines < 50 {
		t.Errorf("%d of %d events are bad, want 2 of 50 or more", bad, lines)
	}
}

// TestTheImageIsStaticAndWithoutRights reads the Dockerfile for what operating relies on.
func TestTheImageIsStaticAndWithoutRights(t *testing.T) {
	stages := strings.Split(read(t, "Dockerfile"), "\nFROM ")
	if len(stages) != 3 {
		t.Fatalf("the Dockerfile has %d stages, want one that builds and one to run", len(stages)-1)
	}
	build, image := stages[1], stages[2]
	for _, want := range []string{"CGO_ENABLED=0", "-trimpath", "-pgo=profiles/loaderline.pgo", "go build"} {
		if !strings.Contains(build, want) {
			t.Errorf("the build does not say %s", want)
		}
	}
	if base, _, _ := strings.Cut(image, "\n"); !strings.HasPrefix(base, "gcr.io/distroless/static") || !strings.HasSuffix(base, ":nonroot") {
		t.Errorf("the image's base is %s, want distroless, static and nonroot", base)
	}
	if strings.Contains(image, "\nUSER root") {
		t.Error("the image runs as root")
	}
}

func composeProject(t *testing.T) *types.Project {
	t.Helper()
	path := filepath.Join(root, "docker-compose.yml")
	dir, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	project, err := loader.LoadWithContext(context.Background(), types.ConfigDetails{
		WorkingDir:  dir,
		ConfigFiles: []types.ConfigFile{{Filename: path}},
		Environment: types.Mapping{},
	}, func(o *loader.Options) {
		o.SetProjectName("loaderline", true)
		o.Profiles = []string{"*"}
	})
	if err != nil {
		t.Fatal(err)
	}
	return project
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
