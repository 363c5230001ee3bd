package testenv

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

const loopback = "127.0.0.1"

// freePorts returns n different loopback ports that nothing listens on. They lie below the range from which
// Linux takes the ports of outgoing connections: a client that redials a server that is down can then neither
// take the server's port nor be connected to itself.
func freePorts(ctx context.Context, n int) ([]int, error) {
	const lowest, highest, tries = 10_240, 32_000, 1_000
	var (
		config net.ListenConfig
		ports  []int
		err    error
	)
	for range tries {
		port := lowest + rand.IntN(highest-lowest)
		var listener net.Listener
		if listener, err = config.Listen(ctx, "tcp", hostPort(port)); err != nil {
			continue
		}
		defer func() { _ = listener.Close() }() // held until all are chosen, so that they differ.
		if ports = append(ports, port); len(ports) == n {
			return ports, nil
		}
	}
	return nil, fmt.Errorf("no free port on %s between %d and %d: %w", loopback, lowest, highest, err)
}

// FreeAddresses returns n different loopback addresses, host:port, that nothing listens on.
func FreeAddresses(ctx context.Context, n int) ([]string, error) {
	ports, err := freePorts(ctx, n)
	addresses := make([]string, len(ports))
	for i, port := range ports {
		addresses[i] = hostPort(port)
	}
	return addresses, err
}

// hostPort returns the loopback address of a port.
func hostPort(port int) string { return net.JoinHostPort(loopback, strconv.Itoa(port)) }
