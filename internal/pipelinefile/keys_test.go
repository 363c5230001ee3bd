package pipelinefile_test

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	pf "github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/strictyaml"
)

// TestKeysAndFieldsAgree holds the table of keys to the structs: each key
// has a field, and each field with a tag has a key.
func TestKeysAndFieldsAgree(t *testing.T) {
	t.Parallel()
	fields := make(map[string]bool)
	walk(reflect.TypeFor[pf.File](), "", fields)
	for _, k := range pf.Keys() {
		if !fields[k.Path] {
			t.Errorf("%s: a key without a field", k.Path)
		}
		delete(fields, k.Path)
	}
	for path := range fields {
		t.Errorf("%s: a field without a key", path)
	}
}

func walk(of reflect.Type, path string, fields map[string]bool) {
	for _, f := range reflect.VisibleFields(of) {
		tag := f.Tag.Get("key")
		if tag == "" || tag == "-" {
			continue
		}
		key := strings.TrimPrefix(path+"."+tag, ".")
		fields[key] = true
		inner := f.Type
		if inner.Kind() == reflect.Slice && inner.Elem().Kind() == reflect.Struct {
			if name, named := inner.Elem().FieldByName("Name"); named && name.Tag.Get("key") == "" {
				continue // The names are texts.
			} else if named {
				key += ".*"
				fields[key] = true
			} else {
				key += "[]"
			}
		}
		for inner.Kind() == reflect.Pointer || inner.Kind() == reflect.Slice {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct {
			walk(inner, key, fields)
		}
	}
}

func TestKeysAreDescribed(t *testing.T) {
	t.Parallel()
	sections := map[string]bool{"": true}
	for _, k := range pf.Keys() {
		parent := k.Path[:max(0, strings.LastIndex(k.Path, "."))]
		if !sections[parent] {
			t.Errorf("%s: its section is not before it", k.Path)
		}
		switch k.Type {
		case strictyaml.TypeSection, strictyaml.TypeNames, strictyaml.TypeSwitch:
			sections[k.Path] = true
		case strictyaml.TypeSections:
			sections[k.Path+"[]"] = true
		case strictyaml.TypeEnum, strictyaml.TypeEnums, strictyaml.TypeEnumOrTime:
			if len(k.Enum) == 0 {
				t.Errorf("%s: an enum without values", k.Path)
			}
		default:
		}
		if !strings.HasSuffix(k.Doc, ".") {
			t.Errorf("%s: the description %q is not a sentence", k.Path, k.Doc)
		}
		if k.Required && k.Default != "" {
			t.Errorf("%s: required, with a default", k.Path)
		}
		if k.Required && k.Type != strictyaml.TypeSection && k.Example == "" {
			t.Errorf("%s: required, without an example", k.Path)
		}
		if _, err := regexp.Compile(k.Pattern); err != nil || (k.Pattern == "") != (k.PatternDoc == "") {
			t.Errorf("%s: pattern %q (%v), described as %q", k.Path, k.Pattern, err, k.PatternDoc)
		}
	}
}

// TestDefaultsAndExamplesParse writes each default and each example into a file,
// as a user would who copies it from the documentation.
func TestDefaultsAndExamplesParse(t *testing.T) {
	t.Parallel()
	for _, k := range pf.Keys() {
		if k.Default == "" || strings.HasPrefix(k.Path, "kafka.sasl") || strings.HasPrefix(k.Path, "sources.*.breaker.") ||
			strings.HasPrefix(k.Path, "cache.invalidate") || strings.HasPrefix(k.Path, "cache.disk") || strings.HasPrefix(k.Path, "output.routes") ||
			strings.HasPrefix(k.Path, "registry") || strings.HasPrefix(k.Path, "sources.*.http.oauth") || k.Path == "output.format" {
			continue // Their section is not there unless it is written.
		}
		path := baseOf(k.Path)
		want, err := pf.Parse(path, read(t, path), pf.Options{Getenv: secret})
		if err != nil {
			t.Fatal(err)
		}
		base := string(read(t, path))
		names := strings.Split(strings.NewReplacer("sources.*", "sources.shop", "stages.*", "stages.user").Replace(k.Path), ".")
		file, err := pf.Parse("pipeline.yaml", []byte(with(base, names, k.Default)), pf.Options{Getenv: secret})
		if err != nil {
			t.Errorf("%s: its default: %v", k.Path, err)
			continue
		}
		if !reflect.DeepEqual(reveal(file), reveal(want)) {
			t.Errorf("%s: its default, written out, changes the file", k.Path)
		}
	}
}

// baseOf is a right file in which the key can stand.
func baseOf(path string) string {
	for name, prefixes := range map[string][]string{
		"preload": {"stages.*.preload."},
		"redis":   {"sources.*.redis.", "sources.*.rate.", "stages.*.format"},
		"http":    {"sources.*.http.", "stages.*.request.", "stages.*.response."},
		"tiers":   {"cache.redis."},
		"schema":  {"output.format", "output.schema", "output.subject", "output.register", "output.id"},
	} {
		if slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(path, prefix) }) {
			return "testdata/right/" + name + ".yaml"
		}
	}
	return "testdata/right/least.yaml"
}

func secret(string) (string, bool) { return "secret", true }

// with sets a key in the flow notation or block notation of least.yaml.
func with(base string, names []string, value string) string {
	last := names[len(names)-1]
	switch {
	case len(names) == 1:
		return base + last + ": " + value + "\n"
	case names[0] == "stages" && len(names) == 4 && names[2] == "preload":
		return strings.Replace(base, names[2]+": {", names[2]+": {"+last+": "+value+", ", 1)
	case names[0] == "stages" && len(names) == 4:
		return strings.Replace(base, "    by: event.user_id\n", "    by: event.user_id\n    "+names[2]+": {"+last+": "+value+"}\n", 1)
	case names[0] == "stages":
		return strings.Replace(base, "    by: event.user_id\n", "    by: event.user_id\n    "+last+": "+value+"\n", 1)
	case names[0] == "sources" && len(names) == 3:
		return strings.Replace(base, "shop: {", "shop: {"+last+": "+value+", ", 1)
	case names[0] == "cache" && len(names) == 3:
		return strings.Replace(base, names[1]+": {", names[1]+": {"+last+": "+value+", ", 1)
	case names[0] == "sources":
		return strings.Replace(base, names[2]+": {", names[2]+": {"+last+": "+value+", ", 1)
	case strings.Contains(base, "\n"+names[0]+": {") || strings.HasPrefix(base, names[0]+": {"):
		return strings.Replace(base, names[0]+": {", names[0]+": {"+last+": "+value+", ", 1)
	}
	return base + names[0] + ": {" + last + ": " + value + "}\n"
}

// reveal returns the file's keys without what tells two files apart that say
// the same: positions and secrets.
func reveal(f *pf.File) pf.File {
	g := pf.File{
		Name: f.Name, Kafka: f.Kafka, Instance: f.Instance, Workers: f.Workers, Input: f.Input, Batch: f.Batch, Stages: f.Stages,
		Cache: f.Cache, Output: f.Output, DeadLetter: f.DeadLetter, Retry: f.Retry, HTTP: f.HTTP, Shutdown: f.Shutdown, Log: f.Log,
	}
	for _, s := range f.Sources {
		if s.SQL != nil {
			sql := *s.SQL
			sql.DSN = strictyaml.Secret{}
			s.SQL = &sql
		}
		if s.HTTP != nil {
			service := *s.HTTP
			service.Headers = nil
			s.HTTP = &service
		}
		if s.GRPC != nil {
			service := *s.GRPC
			service.Metadata = nil
			s.GRPC = &service
		}
		g.Sources = append(g.Sources, s)
	}
	return g
}
