package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// Interruptible is a context that ends with the first SIGINT, SIGTERM or SIGHUP; the second calls exit at once. A
// SIGHUP that was to be ignored when the process started, as under nohup, is.
func Interruptible(parent context.Context, exit func(code int)) (context.Context, context.CancelFunc) {
	ends := []os.Signal{syscall.SIGINT, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		ends = append(ends, syscall.SIGHUP)
	}
	received := make(chan os.Signal, 2)
	signal.Notify(received, ends...)
	ctx, cancel := context.WithCancel(parent)
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for count := 1; ; count++ {
			select {
			case <-received:
				cancel()
			case <-done:
				return
			}
			if count == 2 {
				exit(ExitFailed)
				return
			}
		}
	}()
	return ctx, func() {
		signal.Stop(received)
		close(done)
		<-stopped
		cancel()
	}
}
