package doctest_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loaderline/loaderline/internal/goldentest"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/strictyaml"
)

// TestTheReferenceIsThatOfTheParser holds docs/reference.md to the table that the parser follows: go test ./internal/doctest -run Reference -update writes it.
func TestTheReferenceIsThatOfTheParser(t *testing.T) {
	goldentest.Compare(t, filepath.Join(root, "docs", "reference.md"), reference(pipelinefile.Keys()))
}

const referenceIntro = `# Reference

This page helps you look up a key of the pipeline file. It is made from the table that the parser follows, and so is what
` + "`loaderline schema`" + ` prints. [Write a pipeline](pipeline.md) explains how they work together.

` + "`*`" + ` is a name of your choice. Keys without a default are optional unless they are required; where a section is optional, its required keys
are required only with it. Durations are written ` + "`20ms`, `10s` or `1h30m`" + `, sizes in bytes or as ` + "`8MiB`" + `.
`

// reference is the page for the keys.
func reference(keys []strictyaml.Key) string {
	var b strings.Builder
	b.WriteString(referenceIntro)
	section := ""
	for _, k := range keys {
		top, _, nested := strings.Cut(k.Path, ".")
		switch {
		case section == "" && !nested && k.Type != strictyaml.TypeSection:
			b.WriteString("\n## The pipeline\n" + tableHead)
			section = "."
		case top != section && (nested || k.Type == strictyaml.TypeSection || k.Type == strictyaml.TypeNames):
			fmt.Fprintf(&b, "\n## %s\n\n%s\n%s", top, k.Doc, tableHead)
			section = top
			continue
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", k.Path, k.Type, defaultOf(k), cell(k.Doc+valuesOf(k)))
	}
	return b.String()
}

const tableHead = "\n| key | type | default | what it is |\n|---|---|---|---|\n"

func defaultOf(k strictyaml.Key) string {
	switch {
	case k.Required:
		return "required"
	case k.Default == "":
		return ""
	default:
		return "`" + k.Default + "`"
	}
}

// valuesOf says what the key may be, and shows a value where there is no default.
func valuesOf(k strictyaml.Key) string {
	text := ""
	if len(k.Enum) > 0 {
		text += " One of `" + strings.Join(k.Enum, "`, `") + "`"
		if k.Type == strictyaml.TypeEnumOrTime {
			text += ", or a time"
		}
		text += "."
	}
	if k.Example != "" && len(k.Enum) == 0 {
		text += " Such as `" + k.Example + "`."
	}
	return text
}

func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
