package schemaid

import (
	"bytes"
	"fmt"

	"github.com/loaderline/loaderline/internal/format"
)

// unknownPrefix is the error of data that begins with no prefix of an ID. It says what else the data looks like.
func unknownPrefix(data []byte) error {
	begins := data[:min(len(data), 4)]
	switch is := format.Foreign(bytes.TrimLeft(data, " \t\r\n")); is {
	case "":
		return fmt.Errorf("it has no schema ID: it begins with % x, and not with 00; set input.id to none and input.schema to a file if no record has one", begins)
	case "JSON":
		return fmt.Errorf("it has no schema ID: it begins with % x, which looks like JSON; set input.format to json if no record has one", begins)
	default:
		return fmt.Errorf("it has no schema ID: it begins with % x, which looks like %s; check input.format and input.id", begins, is)
	}
}
