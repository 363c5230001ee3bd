package plan

import (
	"fmt"
	"path/filepath"

	"github.com/loaderline/loaderline/internal/pipelinefile"
)

// Input is where events come from, and how they are read.
type Input struct {
	Topics     []string `json:"topics"`
	Group      string   `json:"group"`
	Start      string   `json:"start"`
	Tombstones string   `json:"tombstones"`
	Format     string   `json:"format"`
	Schema     string   `json:"schema,omitempty"` // the name of the file; empty: the registry's schemas, or none
	KeyFormat  string   `json:"key_format"`
	Where      string   `json:"where,omitempty"` // empty: all events
}

func inputOf(f *pipelinefile.File) Input {
	in := &f.Input
	i := Input{
		Topics: in.Topics, Group: in.Group, Start: in.Start.String(), Tombstones: string(in.Tombstones),
		Format: string(in.Format), KeyFormat: string(in.KeyFormat), Where: in.Where,
	}
	if in.Schema != "" {
		i.Schema = filepath.Base(in.Schema)
	}
	return i
}

// String describes the group.
func (i Input) String() string {
	return fmt.Sprintf("group %s, starts at %s, tombstones: %s", i.Group, i.Start, words(i.Tombstones))
}

// formatWords are the formats in words.
var formatWords = map[pipelinefile.Format]string{
	pipelinefile.FormatJSON: "JSON", pipelinefile.FormatText: "text", pipelinefile.FormatInteger: "whole numbers",
	pipelinefile.FormatAvro: "Avro", pipelinefile.FormatProtobuf: "Protobuf", pipelinefile.FormatJSONSchema: "JSON Schema",
}

// formats describes what values and keys are, and is empty for the defaults.
func (i Input) formats() string {
	text, format, keys := "", pipelinefile.Format(i.Format), pipelinefile.Format(i.KeyFormat)
	if format != pipelinefile.FormatJSON {
		text = "values are " + formatWords[format]
	}
	switch {
	case !format.HasSchema():
	case i.Schema != "":
		text += ", of the schema in " + i.Schema
	default:
		text += ", of schemas of the registry"
	}
	if keys == pipelinefile.FormatText {
		return text
	}
	if text != "" {
		text += "; "
	}
	return text + "keys are " + formatWords[keys]
}

// unreadable describes which records are no events.
func (i Input) unreadable() string {
	switch format := pipelinefile.Format(i.Format); format {
	case pipelinefile.FormatJSON:
		return "what is not a JSON object"
	case pipelinefile.FormatText:
		return "what is not text"
	case pipelinefile.FormatInteger:
		return "what is not a whole number"
	default:
		return "what cannot be read as " + formatWords[format]
	}
}
