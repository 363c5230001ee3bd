// Package cli has what the commands of all programs have in common: flags, errors, exit codes, signals and help; and the
// command that two programs have, the demo.
package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/loaderline/loaderline/internal/console"
)

// Complete gives a command, and those below it, what all have: the flag --quiet, errors of flags that say what to do, and help that
// fits a terminal.
func Complete(c *console.Console, root *cobra.Command) {
	root.SilenceUsage, root.SilenceErrors = true, true
	root.PersistentFlags().BoolVarP(&c.Quiet, "quiet", "q", false, "print no messages, only data and errors")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w; see %s --help", flagError(cmd, err), cmd.CommandPath())
	})
	fitting(root)
}

// Execute runs a command that is complete, or the one below it that args name, and writes its error. It returns the exit code.
func Execute(ctx context.Context, c *console.Console, root *cobra.Command, args []string) int {
	root.SetArgs(args)
	root.SetOut(c.Out)
	root.SetErr(c.Err)
	started := false
	marking(root, &started)
	err := root.ExecuteContext(ctx)
	if err != nil && !started {
		err = AsUsage(err)
	}
	if err != nil && !Is[*LoggedError](err) {
		for _, line := range ErrorLines(err) {
			_, _ = fmt.Fprintln(c.Err, line) // A stream that is gone has nobody to tell.
		}
	}
	return ExitCode(err)
}

// marking notes when a command has begun: what fails before that is wrong usage.
func marking(cmd *cobra.Command, started *bool) {
	if run := cmd.RunE; run != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			*started = true
			return run(cmd, args)
		}
	}
	for _, sub := range cmd.Commands() {
		marking(sub, started)
	}
}

// NoArguments wants none.
func NoArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%s takes no argument, but there is %q; see %s --help", cmd.CommandPath(), args[0], cmd.CommandPath())
	}
	return nil
}
