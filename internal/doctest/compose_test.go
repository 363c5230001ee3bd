package doctest_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
)

// TestTheComposeFileIsRight reads docker-compose.yml as Docker Compose does: strictly, with the specification's schema.
func TestTheComposeFileIsRight(t *testing.T) {
	project := composeProject(t)
	if err := checkCompose(project); err != nil {
		t.Error(err)
	}
	for _, want := range []string{"kafka", "topics", "postgres", "loaderline", "events", "prometheus", "grafana"} {
		if _, ok := project.Services[want]; !ok {
			t.Errorf("there is no service %s", want)
		}
	}
	for _, name := range []string{"loaderline", "events"} {
		if err := commandExists("loaderline " + strings.Join(project.Services[name].Command, " ")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestComposeMistakesAreFound makes mistakes in docker-compose.yml, one at a time.
func TestComposeMistakesAreFound(t *testing.T) {
	right := read(t, "docker-compose.yml")
	for _, test := range []struct{ old, new, want string }{
		{"    restart: on-failure", "    restarts: on-failure", "/services/loaderline/restarts"},
		{"services:", "service:", "additional properties 'service' not allowed"},
		{"    read_only: true", "    read_only: [true]", "/services/loaderline/read_only"},
		{"retries: 12", "retries: many", "Retries of type uint"},
		{"read_only: true", "read_only: maybe", "of type bool"},
		{"retries: 12", "retries: 12\n      retries: 12", "already defined"},
		{"condition: service_healthy", "condition: service_well", "/services/topics/depends_on/kafka/condition"},
		{"timeout: 10s", "timeout: soon", "invalid duration"},
		{"stop_grace_period: 30s", "stop_grace_period: 30", "/services/loaderline/stop_grace_period"},
		{"mem_limit: 1g", "mem_limit: 1x", "is no size"},
		{`["CMD", "pg_isready"`, `["pg_isready"`, `begins with "pg_isready"`},
		{"$$topic", "$topic", "has a $"},
		{"postgres:15", "postgres:${VERSION}", "has a $"},
		{"image: postgres:15", "image: postgres", "has no version"},
		{"    image: postgres:15\n", "", "neither an image nor a build"},
		{"depends_on: {kafka:", "depends_on: {kafkas:", "services [events loaderline topics]"},
		{"    image: postgres:15", "    image: postgres:15\n    depends_on: [events]", "services [events loaderline postgres]"},
		{"    image: postgres:15", "    image: postgres:15\n    networks: [shop]", "there is no network shop"},
		{"    image: postgres:15", "    image: postgres:15\n    secrets: [{source: shop}]", "there is no secret shop"},
		{"tmpfs: [/tmp]", "tmpfs: [/tmp, /tmp]", "items at 0 and 1 are equal"},
		{"tmpfs: [/tmp]", "tmpfs: [/etc/loaderline/events.ndjson]", "two mounts at /etc/loaderline/events.ndjson"},
		{"shop.sql:ro", "shop.sql", "read-only"},
		{"shop.sql:ro", "shop.sql:rw", "read-only"},
		{"./examples/shop.sql:", "shop:", "want ./SOURCE"},
		{"./examples/shop.sql:", "./examples/shops.sql:", "no such file"},
		{"127.0.0.1:9092:9092", "9092:9092", "closed to other hosts"},
		{"127.0.0.1:9092:9092", "0.0.0.0:9092:9092", "closed to other hosts"},
		{`["127.0.0.1:9092:9092"]`, "[9092]", "Ports of type string"},
	} {
		wrong := strings.Replace(right, test.old, test.new, 1)
		if wrong == right {
			t.Errorf("docker-compose.yml has no %q", test.old)
		}
		file, err := readCompose(wrong)
		if err == nil {
			err = checkCompose(file)
		}
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q for %q: error %v, want %q in it", test.new, test.old, err, test.want)
		}
	}
}

// TestTheComposeFileNamesWhatThePipelineNeeds follows addresses and topics from the pipeline file to the services.
func TestTheComposeFileNamesWhatThePipelineNeeds(t *testing.T) {
	services := composeProject(t).Services
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
	if grace := time.Duration(services["loaderline"].StopGracePeriod); grace != 30*time.Second {
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
	for _, want := range []string{"CGO_ENABLED=0", "-trimpath", "-pgo=profiles/loaderline.pgo", `-ldflags="-s -w"`, "go build"} {
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

func composeProject(t *testing.T) composeFile {
	t.Helper()
	file, err := readCompose(read(t, "docker-compose.yml"))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
