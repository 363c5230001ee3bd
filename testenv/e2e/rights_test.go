package e2e_test

import (
	"context"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/segmentio/kafka-go"

	"github.com/loaderline/loaderline/testenv"
)

// TestMissingRightsAreFoundBeforeTheFirstEvent takes every right from the pipeline's users, on a broker and in a
// database that know rights, and reads what check says.
func TestMissingRightsAreFoundBeforeTheFirstEvent(t *testing.T) {
	broker := testenv.Own(t, func(ctx context.Context) (*testenv.Service, error) {
		return testenv.StartKafka(ctx, testenv.KafkaConfig{Heap: "512m", Properties: map[string]string{
			"authorizer.class.name":                "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
			"allow.everyone.if.no.acl.found":       "true",
			"group.initial.rebalance.delay.ms":     "0",
			"transaction.state.log.min.isr":        "1",
			"offsets.topic.num.partitions":         "1",
			"transaction.state.log.num.partitions": "1",
		}})
	})
	for _, topic := range []string{"user-events", "user-events-enriched", "user-events-dead"} {
		if err := testenv.CreateTopic(t.Context(), broker.Address(), topic, 1); err != nil {
			t.Fatal(err)
		}
	}
	dsn := testenv.Postgres(t)
	if err := testenv.SeedShop(t.Context(), dsn, testenv.ShopConfig{Users: 10, Products: 10}); err != nil {
		t.Fatal(err)
	}
	code, out := checkConnect(t, broker.Address(), dsn)
	if code != 0 || strings.Contains(out, "failed  ") || strings.Count(out, ": given\n") != 5 {
		t.Fatalf("with all rights it exits %d:\n%s", code, out)
	}

	takeKafkaRights(t, broker.Address())
	code, out = checkConnect(t, broker.Address(), asStranger(t, dsn))
	if code == 0 {
		t.Errorf("without rights it exits 0:\n%s", out)
	}
	for _, want := range []string{
		"failed  right Read on topic user-events: this user may not read it; allow it: kafka-acls.sh --add --allow-principal User:NAME --operation Read --topic 'user-events'\n",
		"failed  right Write on topic user-events-enriched: this user may not write it; ",
		"failed  right Write on topic user-events-dead: this user may not write it; ",
		"failed  right Read on group enrich-user-events: this user may not read it; ",
		"failed  right Write on transactional id enrich-user-events/: this user may not write it; ",
		"permission denied for table users (SQLSTATE 42501); the source's user lacks a right: GRANT it SELECT on the tables",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
}

// checkConnect checks the example pipeline.
func checkConnect(t *testing.T, broker, dsn string) (code int, out string) {
	t.Helper()
	cmd := exec.Command(binary(t), "check", filepath.Join("..", "..", "examples", "user-events.yaml"), "--connect")
	cmd.Env = append(os.Environ(), "KAFKA_BROKERS="+broker, "SHOP_DSN="+dsn)
	text, err := cmd.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode(), string(text)
	}
	if err != nil {
		t.Fatal(err)
	}
	return 0, string(text)
}

// takeKafkaRights gives what the pipeline uses to somebody else, and so takes it from all others.
func takeKafkaRights(t *testing.T, broker string) {
	t.Helper()
	entry := func(kind kafka.ResourceType, name string, pattern kafka.PatternType) kafka.ACLEntry {
		return kafka.ACLEntry{
			ResourceType: kind, ResourceName: name, ResourcePatternType: pattern,
			Principal: "User:somebody-else", Host: "*", Operation: kafka.ACLOperationTypeAll, PermissionType: kafka.ACLPermissionTypeAllow,
		}
	}
	client := kafka.Client{Addr: kafka.TCP(broker), Transport: &kafka.Transport{}}
	answer, err := client.CreateACLs(t.Context(), &kafka.CreateACLsRequest{ACLs: []kafka.ACLEntry{
		entry(kafka.ResourceTypeTopic, "user-events", kafka.PatternTypePrefixed),
		entry(kafka.ResourceTypeGroup, "enrich-user-events", kafka.PatternTypeLiteral),
		entry(kafka.ResourceTypeTransactionalID, "enrich-user-events/", kafka.PatternTypePrefixed),
	}})
	client.Transport.(*kafka.Transport).CloseIdleConnections()
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(answer.Errors...); err != nil {
		t.Fatal(err)
	}
}

// asStranger is the DSN of a user who may log in and no more.
func asStranger(t *testing.T, dsn string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context()) //nolint:errcheck // What matters has been answered.
	const stranger = "loaderline_stranger"
	if _, err := conn.Exec(t.Context(), "DROP ROLE IF EXISTS "+stranger+"; CREATE ROLE "+stranger+" LOGIN PASSWORD 'stranger'"); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(stranger, "stranger")
	return u.String()
}
