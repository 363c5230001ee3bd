package main

import (
	"context"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/loaderline/loaderline/testenv"
)

// runCommand starts the services around another command.
func runCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "run -- COMMAND [ARGUMENT...]",
		Short: "Start the services, run a command over them, stop them, and exit with its code",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			world, err := testenv.Up(cmd.Context(), cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			defer func() {
				// The command's own exit code is what the caller waits for.
				if closeErr := world.Close(); err == nil {
					err = closeErr
				}
			}()
			return runOver(cmd.Context(), world.Env(), args)
		},
	}
}

// runOver runs a command with env added to our own environment. Signals are passed to it and what it started,
// each once, also signals of a terminal: it has its own process group. It alone decides when it ends.
func runOver(ctx context.Context, env, args []string) error {
	signals := make(chan os.Signal, 4) // a signal that comes while one is handed on is not lost.
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	child := exec.CommandContext(context.WithoutCancel(ctx), args[0], args[1:]...)
	child.Env = append(os.Environ(), env...)
	child.Stdin, child.Stdout, child.Stderr = os.Stdin, os.Stdout, os.Stderr
	child.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := child.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- child.Wait() }()
	for {
		select {
		case sig := <-signals:
			if number, ok := sig.(syscall.Signal); ok {
				_ = syscall.Kill(-child.Process.Pid, number) // one that has just ended needs none.
			}
		case err := <-ended:
			return err
		}
	}
}

// quoted returns NAME=VALUE for a shell to read.
func quoted(variable string) string {
	name, value, _ := strings.Cut(variable, "=")
	return name + "='" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}
