package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Environment is what results depend on besides the programs.
type Environment struct {
	Go       string  `json:"go"`
	Kafka    string  `json:"kafka"` // as far as the requests that it knows tell.
	Postgres string  `json:"postgres"`
	Cores    int     `json:"cores"`
	CPU      string  `json:"cpu,omitempty"`
	Memory   float64 `json:"memory_mib"`
}

// Look returns the environment of runs on these services.
func Look(ctx context.Context, config Config) (e Environment, err error) {
	e = Environment{Go: strings.TrimPrefix(runtime.Version(), "go"), Cores: runtime.NumCPU()}
	if e.Kafka, err = kafkaVersion(ctx, config.Kafka); err != nil {
		return e, fmt.Errorf("version of Kafka: %w", err)
	}
	conn, err := pgx.Connect(ctx, config.Postgres)
	if err != nil {
		return e, err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	if err := conn.QueryRow(ctx, "SELECT split_part(current_setting('server_version'), ' ', 1)").Scan(&e.Postgres); err != nil {
		return e, fmt.Errorf("version of PostgreSQL: %w", err)
	}
	memory, err := os.Open("/proc/meminfo")
	if err != nil {
		return e, err
	}
	defer func() { err = errors.Join(err, memory.Close()) }()
	kib, err := number(memory, "MemTotal:")
	e.Memory, e.CPU = kib/1024, cpuModel()
	return e, err
}

// kafkaVersion returns the version that a cluster seems to have.
func kafkaVersion(ctx context.Context, bootstrap string) (string, error) {
	client, err := kgo.NewClient(kgo.SeedBrokers(strings.Split(bootstrap, ",")...))
	if err != nil {
		return "", err
	}
	defer client.Close()
	brokers, err := kadm.NewClient(client).ApiVersions(ctx)
	if err != nil {
		return "", err
	}
	for _, broker := range brokers {
		if broker.Err != nil {
			return "", broker.Err
		}
		return strings.TrimPrefix(broker.VersionGuess(), "v"), nil
	}
	return "", errors.New("there is no broker")
}

// cpuModel returns the processor's name, empty where the system does not tell.
func cpuModel() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	_, rest, _ := strings.Cut(string(text), "model name")
	line, _, _ := strings.Cut(rest, "\n")
	return strings.TrimLeft(line, "\t :")
}

// Commit returns the commit of the working folder, with a mark where files differ from it, other than reports; "unknown"
// where it has none.
func Commit(ctx context.Context) string {
	out, err := exec.CommandContext(ctx, "git", "rev-parse", "--short", "HEAD").Output()
	if err != nil {
		return "unknown"
	}
	commit := strings.TrimSpace(string(out))
	if exec.CommandContext(ctx, "git", "diff", "--quiet", "HEAD", "--", ":/", ":(top,exclude)bench/results").Run() != nil {
		return commit + "-modified"
	}
	return commit
}
