// Command testenv starts Apache Kafka, PostgreSQL, MariaDB, Redis, FerretDB and a schema registry to test loaderline on.
//
//	testenv up [--seed]       start them, print the variables that name them, stay until interrupted
//	testenv run -- CMD ARG... start them, run a command over them, stop them, exit with its code
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := rootCommand().ExecuteContext(ctx)
	stop()
	if code := exitCode(err); code != 0 {
		os.Exit(code)
	}
}

// rootCommand returns the command tree.
func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "testenv",
		Short:         "Real Kafka, PostgreSQL, MariaDB, Redis, FerretDB and a schema registry to test loaderline on",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(upCommand(), runCommand())
	return root
}

// exitCode tells an error, but for that of a command which has told its own, and returns the code to exit with.
func exitCode(err error) int {
	if err == nil {
		return 0
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			return 128 + int(status.Signal())
		}
		return exit.ExitCode()
	}
	fmt.Fprintln(os.Stderr, "testenv:", err)
	return 1
}
