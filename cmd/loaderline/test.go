package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/spf13/cobra"

	"github.com/loaderline/loaderline/internal/cli"
	"github.com/loaderline/loaderline/internal/command/pipelinetest"
	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/internal/testfile"
)

// testFlags are the flags of test.
type testFlags struct {
	run, junit string
	format     cli.Choice
}

func newTest(c *console.Console) *cobra.Command {
	f := testFlags{format: cli.Choice{Value: "text", Of: []string{"text", "json"}}}
	cmd := &cobra.Command{
		Use:   "test PIPELINE...",
		Short: "Run the tests of pipelines, without Kafka and sources",
		Long: `Run the tests of pipelines. A test has events, their expected outcomes, and stub rows in place of the sources.
The events go through the steps of a run, without any connections. The tests of pipeline.yaml are in
pipeline_test.yaml next to it:

  tests:
    - name: a user is found
      stubs:
        user: [{id: 7, name: Ada}]
      events: [{user_id: 7}]
      expect: [{contains: {user: {name: Ada}}}]

An event with a key, headers or a timestamp is {event: {user_id: 7}, record: {key: "7", headers: {tenant: acme}}}. An
outcome may also be a dead_letter, filtered, dropped or outage.

Exit codes: 0 all passed, 1 a test failed, 2 wrong usage or a wrong file.`,
		Example: `  loaderline test pipeline.yaml
  loaderline test pipelines/*.yaml --junit results.xml
  loaderline test pipeline.yaml --run 'no user'`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return onePipeline(0)(cmd, args)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			matching, err := regexp.Compile(f.run)
			if err != nil {
				return cli.Usagef("--run is not a regular expression: %v", err)
			}
			return test(cmd.Context(), c, args, matching, f)
		},
	}
	cmd.Flags().StringVar(&f.run, "run", "", "run the tests whose names match a regular `expression`")
	cmd.Flags().StringVar(&f.junit, "junit", "", "write the results to a `file` in the XML of JUnit")
	cmd.Flags().Var(&f.format, "format", "how to write the results: json is one object per test")
	return cmd
}

func test(ctx context.Context, c *console.Console, paths []string, matching *regexp.Regexp, f testFlags) error {
	suites, err := testsOf(paths)
	if err != nil {
		return err
	}
	var results []pipelinetest.Result
	failed := 0
	for _, s := range suites {
		of, err := runSuite(ctx, c, s, matching, f.format.Value == "json")
		if err != nil {
			return unlessEnded(ctx, err)
		}
		for _, r := range of {
			if !r.Passed {
				failed++
			}
		}
		results = append(results, of...)
	}
	if len(results) == 0 {
		return cli.Usagef("no test has a name that matches %s", matching)
	}
	if f.junit != "" {
		if err := writeJUnit(f.junit, results); err != nil {
			return err
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %s failed", failed, plural.Count(len(results), "test"))
	}
	c.Say("%s passed", plural.Count(len(results), "test"))
	return nil
}

// testsOf reads the tests of pipeline files. A file of tests stands for its pipeline.
func testsOf(paths []string) ([]*pipelinetest.Suite, error) {
	var (
		suites   []*pipelinetest.Suite
		seen     []string
		problems []error
	)
	for _, path := range paths {
		path, tests := testfile.Of(path)
		if slices.Contains(seen, path) {
			continue
		}
		seen = append(seen, path)
		switch info, err := os.Stat(path); {
		case err != nil:
			problems = append(problems, cli.Usagef("read the pipeline file: %w", err))
			continue
		case info.IsDir():
			problems = append(problems, cli.Usagef("%s is a folder; name its pipeline files, as in %s", path, filepath.Join(path, "*.yaml")))
			continue
		}
		s, err := pipelinetest.Load(path, tests)
		if errors.Is(err, fs.ErrNotExist) {
			err = cli.Usagef("%s has no tests: they belong in %s, which does not exist; loaderline test --help shows an example", path, tests)
		}
		problems = append(problems, err)
		suites = append(suites, s)
	}
	return suites, errors.Join(problems...)
}

func runSuite(ctx context.Context, c *console.Console, s *pipelinetest.Suite, matching *regexp.Regexp, asJSON bool) ([]pipelinetest.Result, error) {
	var results []pipelinetest.Result
	for i, t := range s.File.Tests {
		if !matching.MatchString(t.Name) {
			continue
		}
		r, err := s.Run(ctx, i)
		if err != nil {
			return nil, err
		}
		if asJSON {
			err = console.NewEncoder(c.Out).Encode(r)
		} else {
			if len(results) == 0 {
				_, err = fmt.Fprintln(c.Out, s.Pipeline)
			}
			if err == nil {
				_, err = fmt.Fprint(c.Out, r.Text(c.OutPalette()))
			}
		}
		if err != nil {
			return nil, err
		}
		results = append(results, r)
	}
	return results, nil
}

func writeJUnit(path string, results []pipelinetest.Result) (err error) {
	file, err := os.Create(path)
	if err != nil {
		return cli.Usagef("--junit: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return pipelinetest.WriteJUnit(file, results)
}
