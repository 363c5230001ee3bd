package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/loaderline/loaderline/internal/cli"
	"github.com/loaderline/loaderline/internal/console"
)

// shells are the shells that completion supports.
var shells = []string{"bash", "zsh", "fish", "powershell"}

func newCompletion(c *console.Console) *cobra.Command {
	return &cobra.Command{
		Use:   "completion " + strings.Join(shells, "|"),
		Short: "Print a script that completes commands in a shell",
		Long: `Print a script with which a shell completes commands, flags and pipeline files. Load it in the current shell,
or from the file that the shell reads at start:

  # bash, in ~/.bashrc; needs the package bash-completion
  source <(loaderline completion bash)
  # zsh, in ~/.zshrc, after compinit
  source <(loaderline completion zsh)
  # fish, in ~/.config/fish/config.fish
  loaderline completion fish | source
  # powershell, in $PROFILE
  loaderline completion powershell | Out-String | Invoke-Expression`,
		Example: `  source <(loaderline completion bash)
  loaderline completion fish > ~/.config/fish/completions/loaderline.fish`,
		Args: func(cmd *cobra.Command, args []string) error {
			_, err := script(cmd, args)
			return err
		},
		ValidArgs:             shells,
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			write, err := script(cmd, args)
			if err != nil {
				return err
			}
			return write(c.Out)
		},
	}
}

// script is what writes the script for the shell that is asked for.
func script(cmd *cobra.Command, args []string) (func(io.Writer) error, error) {
	root := cmd.Root()
	if len(args) == 1 {
		switch args[0] {
		case "bash":
			return func(w io.Writer) error { return root.GenBashCompletionV2(w, true) }, nil
		case "zsh":
			return root.GenZshCompletion, nil
		case "fish":
			return func(w io.Writer) error { return root.GenFishCompletion(w, true) }, nil
		case "powershell":
			return root.GenPowerShellCompletionWithDesc, nil
		}
	}
	return nil, fmt.Errorf("for which shell? one of %s, as in %s bash", strings.Join(shells, ", "), cmd.CommandPath())
}

// completing lets the commands that take a pipeline file complete it, others no file at all, and flags their choices.
func completing(root *cobra.Command) {
	for _, cmd := range root.Commands() {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if c, ok := f.Value.(*cli.Choice); ok {
				// Only a flag that is not there, or a second function for one, is an error.
				_ = cmd.RegisterFlagCompletionFunc(f.Name, cobra.FixedCompletions(c.Of, cobra.ShellCompDirectiveNoFileComp))
			}
		})
		if cmd.ValidArgsFunction != nil || cmd.ValidArgs != nil {
			continue
		}
		if strings.Contains(cmd.Use, "PIPELINE") {
			cmd.ValidArgsFunction = pipelineFiles
		} else {
			cmd.ValidArgsFunction = cobra.NoFileCompletions
		}
		completing(cmd)
	}
}

// pipelineFiles completes YAML files first; what comes after is any file, such as events.
func pipelineFiles(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	switch {
	case len(args) == 0 || strings.Contains(cmd.Use, "PIPELINE..."):
		return []cobra.Completion{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt
	case strings.Contains(cmd.Use, "EVENT"):
		return nil, cobra.ShellCompDirectiveDefault
	default:
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
}
