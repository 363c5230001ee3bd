package check_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/loaderline/loaderline/internal/command/check"
	"github.com/loaderline/loaderline/internal/kafkaadmin"
)

const invalidateFile = secured + `
stages:
  user: {source: shop, by: event.user_id, query: "SELECT id, name FROM users WHERE id IN ($keys)", key: id, cache: {ttl: 1h}}
cache:
  invalidate:
    topic: commands
    changes:
      - {topic: shop.users, key: id, stages: [user]}
      - {topic: events, key: user_id, stages: [user]}
output: {topic: enriched, delivery: at_least_once}
dead_letter: {topic: dead}
`

// invalidating is a checkup of a pipeline with change topics on a cluster that has some topics and gives some rights.
func invalidating(t *testing.T, topics []string, rights []kfake.ACL) (check.Check, *kgo.Client) {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.EnableSASL(), kfake.EnableACLs(), kfake.SeedTopics(1, topics...),
		kfake.Superuser("SCRAM-SHA-256", "admin", "admin"), kfake.User("SCRAM-SHA-256", "reader", "canary", rights...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	c := checkOf(t, cluster, invalidateFile)
	c.Partitions = 1
	client, err := kafkaadmin.NewClient(c.Kafka)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return c, client
}

// failures runs a checkup, and returns the lines of the checks that failed.
func failures(t *testing.T, c check.Check) []string {
	t.Helper()
	var failed []string
	c.Report = func(f check.Finding) {
		if !f.OK {
			failed = append(failed, f.String())
		}
	}
	err := c.Run(t.Context())
	if (err == nil) != (failed == nil) {
		t.Errorf("%v, but %q", err, failed)
	}
	return failed
}

// invalidatingRights are the rights that a pipeline with change topics needs.
func invalidatingRights() []kfake.ACL {
	return append(allRights()[:4],
		right(kmsg.ACLResourceTypeTopic, "shop.users", kmsg.ACLOperationRead),
		right(kmsg.ACLResourceTypeTopic, "commands", kmsg.ACLOperationRead),
		right(kmsg.ACLResourceTypeTopic, "commands", kmsg.ACLOperationWrite))
}

func TestRightsToChangeTopics(t *testing.T) {
	t.Parallel()
	topics := []string{"events", "enriched", "dead", "commands", "shop.users"}
	c, _ := invalidating(t, topics, invalidatingRights())
	if failed := failures(t, c); failed != nil {
		t.Errorf("with all rights: %q", failed)
	}
	for i, want := range []string{
		`failed  right Read on topic shop.users: this user may not read it; allow it: kafka-acls.sh --add --allow-principal User:NAME --operation Read --topic 'shop.users'`,
		`failed  right Read on topic commands: this user may not read it; allow it: kafka-acls.sh --add --allow-principal User:NAME --operation Read --topic 'commands'`,
		`failed  right Write on topic commands: this user may not write it; allow it: kafka-acls.sh --add --allow-principal User:NAME --operation Write --topic 'commands'`,
	} {
		c, _ := invalidating(t, topics, slices.Delete(invalidatingRights(), 4+i, 5+i))
		if diff := cmp.Diff([]string{want}, failures(t, c)); diff != "" {
			t.Error(diff)
		}
	}
}

// The topic for commands is this pipeline's to create; those of others are not.
func TestTopicsThatInvalidate(t *testing.T) {
	t.Parallel()
	rights := append(invalidatingRights(), right(kmsg.ACLResourceTypeTopic, "commands", kmsg.ACLOperationCreate),
		right(kmsg.ACLResourceTypeTopic, "commands", kmsg.ACLOperationDescribeConfigs))
	c, client := invalidating(t, []string{"events", "enriched", "dead"}, rights)
	const ofOthers = "failed  topic shop.users: it is not there; is that what its writer calls it? Debezium creates a table's topic with its first record, unless it is there before"
	want := []string{"failed  topic commands: it is not there; create it, or let --create-topics do it", ofOthers}
	if diff := cmp.Diff(want, failures(t, c)); diff != "" {
		t.Error(diff)
	}
	c.CreateTopics = true
	if diff := cmp.Diff([]string{ofOthers}, failures(t, c)); diff != "" {
		t.Error(diff)
	}
	configs, err := kadm.NewClient(client).DescribeTopicConfigs(t.Context(), "commands")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, config := range configs[0].Configs {
		if config.Key == "cleanup.policy" || config.Key == "retention.ms" {
			got[config.Key] = *config.Value
		}
	}
	if diff := cmp.Diff(map[string]string{"cleanup.policy": "delete", "retention.ms": "604800000"}, got); diff != "" {
		t.Error(diff)
	}
}
