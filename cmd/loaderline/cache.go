package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/loaderline/loaderline/internal/admin"
	"github.com/loaderline/loaderline/internal/cli"
	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/invalidation"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/plural"
)

func newCache(c *console.Console) *cobra.Command {
	cmd := &cobra.Command{
		Use:                        "cache",
		Short:                      "Invalidate cached rows of running pipelines",
		Example:                    `  loaderline cache invalidate pipeline.yaml --stage user --key 7`,
		SuggestionsMinimumDistance: 2,
		Args:                       noSuchCommand,
		RunE:                       func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newInvalidate(c))
	return cmd
}

// invalidateFlags are the flags of cache invalidate.
type invalidateFlags struct {
	stage    string
	keys     []string
	keysFrom string
	all, yes bool
	format   cli.Choice
}

func newInvalidate(c *console.Console) *cobra.Command {
	f := invalidateFlags{format: cli.Choice{Value: "text", Of: []string{"text", "json"}}}
	cmd := &cobra.Command{
		Use:   "invalidate PIPELINE",
		Short: "Invalidate cached rows of a stage",
		Long: `Invalidate cached rows of a stage in running pipelines, so that the next event that needs them looks them up again.

With cache.invalidate.topic in the file, all instances get the command, even an instance that is down now,
if its cache outlives it. Without it, only the instance at http.listen on this machine gets it; this needs http.token.

Write a key as an event has it: a number, text, or a JSON list for a composite key. Put text that looks like JSON in
quotes: '"7"'. The stage's source checks the key; while the source is unreachable, the key is not checked.`,
		Example: `  loaderline cache invalidate pipeline.yaml --stage user --key 7 --key 8
  loaderline cache invalidate pipeline.yaml --stage account --key '["acme",7]'
  psql -Atc 'SELECT id FROM users WHERE ...' |
    loaderline cache invalidate pipeline.yaml --stage user --keys-from -
  loaderline cache invalidate pipeline.yaml --stage reviews --all --yes`,
		Args: onePipeline(0),
		RunE: func(cmd *cobra.Command, args []string) error {
			l, err := load(args[0], quietly(c))
			if err != nil {
				return err
			}
			command, err := f.command(l.layout.File, cmd.InOrStdin())
			if err != nil {
				return err
			}
			if command.All && !f.yes {
				question := fmt.Sprintf("Forget everything of stage %s of pipeline %s?", command.Stage, command.Pipeline)
				if sure, err := confirm(c, cmd.InOrStdin(), question); err != nil || !sure {
					return err
				}
			}
			return invalidate(cmd.Context(), c, l, command, f.format.Value == "json")
		},
	}
	cmd.Flags().StringVar(&f.stage, "stage", "", "the `stage` of the rows")
	cmd.Flags().StringArrayVar(&f.keys, "key", nil, "a `key` to invalidate; may be repeated")
	cmd.Flags().StringVar(&f.keysFrom, "keys-from", "", "a `file` with one key per line, or - for stdin")
	cmd.Flags().BoolVar(&f.all, "all", false, "invalidate everything of the stage; asks on a terminal")
	cmd.Flags().BoolVar(&f.yes, "yes", false, "do not ask")
	cmd.Flags().Var(&f.format, "format", "how to write the result")
	return cmd
}

// command is what the flags ask for.
func (f invalidateFlags) command(file *pipelinefile.File, in io.Reader) (invalidation.Command, error) {
	command := invalidation.Command{Pipeline: file.Name, Stage: f.stage, All: f.all}
	stage, err := cachedStage(file, f.stage)
	if err != nil {
		return command, err
	}
	ways := 0
	for _, way := range []bool{len(f.keys) > 0, f.keysFrom != "", f.all} {
		if way {
			ways++
		}
	}
	if ways != 1 {
		return command, cli.Usagef("which rows of stage %s? write one of --key KEY, --keys-from FILE and --all", f.stage)
	}
	keys := f.keys
	if f.keysFrom != "" {
		if keys, err = keysFrom(f.keysFrom, in); err != nil {
			return command, err
		}
	}
	for _, text := range keys {
		key, err := keyOf(text, len(stage.By))
		if err != nil {
			return command, err
		}
		command.Keys = append(command.Keys, key)
	}
	return command, nil
}

func stageNames(file *pipelinefile.File) []string {
	names := make([]string, len(file.Stages))
	for i, s := range file.Stages {
		names[i] = s.Name
	}
	return names
}

// cachedStage is the stage of that name, which has something to forget.
func cachedStage(file *pipelinefile.File, name string) (pipelinefile.Stage, error) {
	i := slices.IndexFunc(file.Stages, func(s pipelinefile.Stage) bool { return s.Name == name })
	all := strings.Join(stageNames(file), ", ")
	switch {
	case name == "":
		return pipelinefile.Stage{}, cli.Usagef("which stage? write --stage with one of %s", all)
	case i < 0:
		return pipelinefile.Stage{}, cli.Usagef("there is no stage %q; the stages are %s", name, all)
	case file.Stages[i].Cache.TTL == 0:
		return pipelinefile.Stage{}, cli.Usagef("stage %s is not cached, so there is nothing to forget", name)
	default:
		return file.Stages[i], nil
	}
}

// invalidated is what cache invalidate writes as JSON.
type invalidated struct {
	Stage string `json:"stage"`
	Keys  int    `json:"keys"`
	All   bool   `json:"all"`
	Scope string `json:"scope"`
	Topic string `json:"topic,omitempty"`
}

// invalidate tells all instances, or the one on this machine.
func invalidate(ctx context.Context, c *console.Console, l *loaded, command invalidation.Command, asJSON bool) error {
	file := l.layout.File
	what := "everything"
	if !command.All {
		what = plural.Count(len(command.Keys), "key")
	}
	done := invalidated{Stage: command.Stage, Keys: len(command.Keys), All: command.All, Scope: admin.AllInstances, Topic: file.Cache.Invalidate.CommandTopic()}
	if done.Topic != "" {
		if err := checkKeys(ctx, c, l.layout, command); err != nil {
			return err
		}
		if err := l.awaitKafka(ctx, l.inWords(c), done.Topic); err != nil {
			return err
		}
		if err := invalidation.Publish(ctx, l.kafka, done.Topic, command); err != nil {
			return err
		}
		c.Say("told all instances of %s to forget %s of stage %s, by topic %s", file.Name, what, command.Stage, done.Topic)
	} else {
		done.Scope = admin.ThisInstance
		if err := tellInstance(ctx, file, command); err != nil {
			return err
		}
		c.Say("the instance at %s forgot %s of stage %s; other instances did not get it: set cache.invalidate.topic to reach them", file.HTTP.Listen, what, command.Stage)
	}
	if !asJSON {
		return nil
	}
	return console.NewEncoder(c.Out).Encode(done)
}

// keyTypesTime limits the query for the type of a stage's keys.
const keyTypesTime = 3 * time.Second

// checkKeys has the stage's source say whether the keys can be such. While it cannot, they are told unchecked: what is
// to be forgotten does not wait for a database.
func checkKeys(ctx context.Context, c *console.Console, layout *pipeline.Layout, command invalidation.Command) error {
	if command.All {
		return nil
	}
	asking, cancel := context.WithTimeout(ctx, keyTypesTime)
	defer cancel()
	err := pipeline.CheckCommand(asking, layout, command)
	if wrong, ok := errors.AsType[*invalidation.KeyError](err); ok {
		return cli.Usagef("stage %s has no such key: %w", command.Stage, wrong.Err)
	}
	if err != nil && ctx.Err() == nil {
		c.Say("whether these can be keys of stage %s was not checked: %v", command.Stage, err)
	}
	return nil
}

// tellInstance tells the process at http.listen.
func tellInstance(ctx context.Context, file *pipelinefile.File, command invalidation.Command) error {
	token := file.HTTP.Token.Reveal()
	switch {
	case file.HTTP.Listen == "" || strings.HasSuffix(file.HTTP.Listen, ":0"):
		return cli.Usagef("no instance can be reached: set cache.invalidate.topic to reach all instances, or http.listen, with a port, and http.token to reach one on this machine")
	case token == "":
		return cli.Usagef("no instance can be reached: set cache.invalidate.topic to reach all instances, or http.token to reach the one at %s", file.HTTP.Listen)
	}
	err := admin.AskToInvalidate(ctx, admin.Target{Listen: file.HTTP.Listen, Pipeline: file.Name, Token: token}, command)
	if cli.Is[*admin.UnreachableError](err) {
		return fmt.Errorf("no instance answers at http.listen on this machine: %w; set cache.invalidate.topic to reach all instances, wherever they run", err)
	}
	return err
}
