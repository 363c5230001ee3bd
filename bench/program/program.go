// Package program is how the hand-written programs of the benchmark begin and end.
package program

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
)

// Main runs a program until it ends, with a context that SIGINT and SIGTERM end. It prints how many bytes the program
// has allocated, and exits with 1 where run has failed.
func Main(name string, run func(context.Context) error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	_, _ = fmt.Fprintf(os.Stdout, "allocated_bytes %d\n", memory.TotalAlloc)
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

// UnlessEnded returns the error, but not for what the end of ctx broke off.
func UnlessEnded(ctx context.Context, err error) error {
	select {
	case <-ctx.Done():
		return nil
	default:
		return err
	}
}
