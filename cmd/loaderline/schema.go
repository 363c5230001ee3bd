package main

import (
	"github.com/spf13/cobra"

	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/pipelinefile"
)

func newSchema(c *console.Console) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of the pipeline file",
		Long: `Print the JSON Schema (2020-12) of the pipeline file. Editors that know YAML complete keys by it, show what each is for
and mark mistakes as they are typed. With the YAML language server, this is the first line of a pipeline file:

  # yaml-language-server: $schema=pipeline.schema.json

What takes more than one key to judge is left to "loaderline check".`,
		Example: `  loaderline schema > pipeline.schema.json`,
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			text, err := pipelinefile.Schema()
			if err != nil {
				return err
			}
			_, err = c.Out.Write(text)
			return err
		},
	}
}
