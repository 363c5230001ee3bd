package testenv

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// StartRedis starts an empty Redis that keeps nothing on disk and returns once it answers. ctx bounds the start
// alone; end the service by [Service.Close].
func StartRedis(ctx context.Context) (*Service, error) { return startRedis(ctx) }

// StartRedisNode is [StartRedis] for a server of Redis 7 that can be one of a cluster. It has no slots yet and knows no other.
func StartRedisNode(ctx context.Context) (*Service, error) {
	ports, err := freePorts(ctx, 1)
	if err != nil {
		return nil, fmt.Errorf("starting redis: %w", err)
	}
	return startRedis(ctx, "--cluster-enabled", "yes", "--cluster-port", strconv.Itoa(ports[0]))
}

func startRedis(ctx context.Context, args ...string) (*Service, error) {
	paths, err := locate(ctx, onPath("redis-server", "redis-server"))
	if err != nil {
		return nil, fmt.Errorf("starting redis: %w", err)
	}
	s, err := newService("redis")
	if err != nil {
		return nil, err
	}
	ports, err := freePorts(ctx, 1)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting redis: %w", err), s.Close())
	}
	s.address = hostPort(ports[0])
	s.command.path = paths[0]
	s.command.args = append([]string{
		"--port", strconv.Itoa(ports[0]), "--bind", loopback, "--dir", s.dir, "--save", "", "--appendonly", "no",
	}, args...)
	s.ready = func(ctx context.Context) error { return redisAnswers(ctx, s.address) }
	return s.launch(ctx)
}

// redisAnswers returns nil once the server at address answers a ping.
func redisAnswers(ctx context.Context, address string) (err error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if err := conn.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return err
	}
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return err
	}
	answer, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return err
	}
	if answer = strings.TrimSpace(answer); answer != "+PONG" {
		return fmt.Errorf("PING was answered %q", answer)
	}
	return nil
}
