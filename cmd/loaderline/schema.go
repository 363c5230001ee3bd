package main

import (
	"github.com/spf13/cobra"

	"github.com/loaderline/loaderline/internal/cli"
	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/testfile"
)

func newSchema(c *console.Console) *cobra.Command {
	tests := false
	cmd := &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of the pipeline file, or of its tests",
		Long: `Print the JSON Schema (2020-12) of the pipeline file, or with --tests of the file with its tests,
NAME_test.yaml. Editors with YAML support use it to complete keys, describe them and mark mistakes. For the YAML
language server, write this as the first line of a pipeline file:

  # yaml-language-server: $schema=loaderline.schema.json

The schema does not cover rules that involve several keys; "loaderline check" and "loaderline test" check these.`,
		Example: `  loaderline schema > loaderline.schema.json
  loaderline schema --tests > loaderline-tests.schema.json`,
		Args: cli.NoArguments,
		RunE: func(*cobra.Command, []string) error {
			text, err := pipelinefile.Schema()
			if tests {
				text, err = testfile.Schema(), nil
			}
			if err != nil {
				return err
			}
			_, err = c.Out.Write(text)
			return err
		},
	}
	cmd.Flags().BoolVar(&tests, "tests", false, "print the schema of test files, NAME_test.yaml")
	return cmd
}
