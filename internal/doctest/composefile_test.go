package doctest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// composeFile is a Compose file. Where a setting has a short and a long syntax, only the one that docker-compose.yml
// uses can be decoded.
type composeFile struct {
	Services                   map[string]composeService
	Networks, Secrets, Configs map[string]any
}

type composeService struct {
	Image           string
	Build           any
	Command         []string
	Environment     map[string]*string
	Ports           []string // HOST_IP:HOST_PORT:PORT
	Volumes         []composeVolume
	Tmpfs           []string
	Healthcheck     composeHealthcheck
	DependsOn       any             `json:"depends_on"` // a list or a mapping, as the three below
	MemLimit        string          `json:"mem_limit"`
	ReadOnly        bool            `json:"read_only"`
	StopGracePeriod composeDuration `json:"stop_grace_period"`

	Networks, Secrets, Configs any
}

type composeHealthcheck struct {
	Test              []string
	Retries           uint
	Interval, Timeout composeDuration
	StartPeriod       composeDuration `json:"start_period"`
	StartInterval     composeDuration `json:"start_interval"`
}

// composeVolume is SOURCE:TARGET:OPTIONS.
type composeVolume struct {
	Source, Target string
	ReadOnly       bool
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (v *composeVolume) UnmarshalText(text []byte) error {
	var rest, options string
	v.Source, rest, _ = strings.Cut(string(text), ":")
	v.Target, options, _ = strings.Cut(rest, ":")
	v.ReadOnly = slices.Contains(strings.Split(options, ","), "ro")
	if !strings.HasPrefix(v.Source, "./") || !strings.HasPrefix(v.Target, "/") {
		return fmt.Errorf("volume %s: want ./SOURCE:/TARGET:OPTIONS", text)
	}
	return nil
}

// composeDuration is a duration such as 1m30s.
type composeDuration time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *composeDuration) UnmarshalText(text []byte) error {
	duration, err := time.ParseDuration(string(text))
	*d = composeDuration(duration)
	return err
}

// readCompose reads a Compose file as Docker Compose does with an empty environment: it replaces variables, validates
// the file with the specification's schema and decodes it.
func readCompose(text string) (composeFile, error) {
	var file composeFile
	var document any
	if err := yaml.Unmarshal([]byte(text), &document); err != nil {
		return file, err
	}
	document, err := interpolated(document)
	if err != nil {
		return file, err
	}
	data, err := json.Marshal(document)
	if err != nil {
		return file, err
	}
	schema, err := jsonschema.NewCompiler().Compile("testdata/compose-spec/compose-spec.json")
	if err != nil {
		return file, err
	}
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return file, err
	}
	if err := schema.Validate(instance); err != nil {
		return file, err
	}
	err = json.Unmarshal(data, &file)
	return file, err
}

var variable = regexp.MustCompile(`\$(\$|\{[A-Za-z_][A-Za-z0-9_]*:?-([^{}$]*)\})?`)

// interpolated replaces $$ and ${NAME:-default} in all values. A variable without a default is an error, because the
// file has to work without an environment.
func interpolated(v any) (any, error) {
	var err error
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			if v[name], err = interpolated(value); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
	case []any:
		for i, value := range v {
			if v[i], err = interpolated(value); err != nil {
				return nil, err
			}
		}
	case string:
		replaced := variable.ReplaceAllStringFunc(v, func(match string) string {
			switch match {
			case "$":
				err = fmt.Errorf("%q has a $ that begins neither $$ nor ${NAME:-default}", v)
				return match
			case "$$":
				return "$"
			default:
				return variable.FindStringSubmatch(match)[2]
			}
		})
		return replaced, err
	}
	return v, nil
}
