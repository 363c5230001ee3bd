package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/loaderline/loaderline/internal/strictyaml"
)

// Choice is a flag with a few values.
type Choice struct {
	Value string
	Of    []string
}

func (c *Choice) String() string { return c.Value }

// Type implements pflag.Value.
func (c *Choice) Type() string { return strings.Join(c.Of, "|") }

// Set implements pflag.Value.
func (c *Choice) Set(value string) error {
	if !slices.Contains(c.Of, value) {
		return fmt.Errorf("%q is not valid; choose %s", value, strings.Join(c.Of, " or "))
	}
	c.Value = value
	return nil
}

// flagError says of a mistake in the flags what to write.
func flagError(cmd *cobra.Command, err error) error {
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		return unknownFlag(cmd, unknown)
	}
	invalid, ok := errors.AsType[*pflag.InvalidValueError](err)
	if !ok {
		return err
	}
	flag := invalid.GetFlag()
	switch flag.Value.Type() {
	case "int", "int32", "int64":
		return fmt.Errorf("--%s is %q; write a whole number", flag.Name, invalid.GetValue())
	case "float64":
		return fmt.Errorf("--%s is %q; write a number", flag.Name, invalid.GetValue())
	case "bool":
		return fmt.Errorf("--%s is %q; write it without a value", flag.Name, invalid.GetValue())
	default:
		return fmt.Errorf("--%s: %w", flag.Name, errors.Unwrap(invalid))
	}
}

// unknownFlag says which flag was probably meant; -limit is --limit to whoever writes it.
func unknownFlag(cmd *cobra.Command, err *pflag.NotExistError) error {
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	name, dashes := err.GetSpecifiedName(), "--"
	if shorts := err.GetSpecifiedShortnames(); shorts != "" {
		name, dashes = shorts, "-"
	}
	if near, ok := strictyaml.Nearest(name, names); ok {
		return fmt.Errorf("there is no flag %s%s; did you mean --%s?", dashes, name, near)
	}
	return fmt.Errorf("there is no flag %s%s", dashes, name)
}
