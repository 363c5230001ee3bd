package e2e_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/testenv"
)

// quotaFile is a pipeline of the default batches and workers.
const quotaFile = `
name: quota
kafka: {brokers: ["%s"]}
instance: quota
http: {listen: ""}
input: {topics: [in], group: quota}
sources: {shop: {sql: {driver: postgres, dsn: "${SHOP_DSN}"}}}
stages:
  user: {source: shop, by: event.user_id, query: "SELECT id, name FROM users WHERE id = ANY($keys)", key: id}
output: {topic: out}
dead_letter: {topic: dead}
`

// A quota of 30 kB/s is far less than a full micro-batch of each worker needs: they continue with fewer records, and take
// more when it is gone.
func TestAQuota(t *testing.T) {
	t.Parallel()
	const events, before, bytesPerSecond = 20_000, 300, 30_000
	kafka := testenv.Own(t, func(ctx context.Context) (*testenv.Service, error) {
		return testenv.StartKafka(ctx, testenv.KafkaConfig{Heap: "512m"})
	})
	client, err := kgo.NewClient(kgo.SeedBrokers(kafka.Address()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	if _, err := admin.CreateTopics(t.Context(), 4, 1, nil, "in", "out", "dead"); err != nil {
		t.Fatal(err)
	}
	records := make([]*kgo.Record, events)
	noise := make([]byte, 290)
	for i := range records {
		_, _ = rand.Read(noise) // It never fails.
		key := fmt.Sprint(i)
		value := fmt.Sprintf(`{"user_id": %d, "noise": %q}`, i%100+1, base64.StdEncoding.EncodeToString(noise))
		records[i] = &kgo.Record{Topic: "in", Key: []byte(key), Value: []byte(value)}
	}
	if err := client.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
		t.Fatal(err)
	}
	limit := func(remove bool) {
		clientID := "loaderline-quota"
		answers, err := admin.AlterClientQuotas(t.Context(), []kadm.AlterClientQuotaEntry{{
			Entity: kadm.ClientQuotaEntity{{Type: "client-id", Name: &clientID}},
			Ops:    []kadm.AlterClientQuotaOp{{Key: "producer_byte_rate", Value: bytesPerSecond, Remove: remove}},
		}})
		for _, answer := range answers {
			err = errors.Join(err, answer.Err)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	limit(false)
	s := &scenario{t: t, kafka: kafka.Address(), dsn: testenv.Postgres(t), file: filepath.Join(t.TempDir(), "pipeline.yaml")}
	s.running, s.died = context.WithCancelCause(t.Context())
	if err := testenv.SeedShop(t.Context(), s.dsn, testenv.ShopConfig{Users: 100, Products: 10}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.file, fmt.Appendf(nil, quotaFile, kafka.Address()), 0o600); err != nil {
		t.Fatal(err)
	}
	p := s.run("quota")
	p.logged("the brokers take records slowly")
	committed := func() (sum int64) {
		offsets, err := admin.FetchOffsets(t.Context(), "quota")
		if err != nil {
			t.Fatal(err)
		}
		offsets.Each(func(o kadm.OffsetResponse) { sum += max(o.At, 0) })
		return sum
	}
	await := func(n int64) {
		t.Helper()
		start := time.Now()
		for end := start.Add(3 * time.Minute); committed() < n; time.Sleep(100 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%d of %d records are committed", committed(), n)
			}
		}
		t.Logf("%d records were committed after %v", n, time.Since(start).Round(time.Second))
	}
	await(before)
	lost := p.log.count("session lost")
	await(10 * before)
	t.Logf("%d sessions were lost until the first commits, and %d until the latest", lost, p.log.count("session lost"))
	limit(true)
	await(events)
	// The brokers may still hold the answers of a worker whose records went over the quota: it drains for as long as the
	// default shutdown.timeout lets it.
	p.terminateWithin(25 * time.Second)
}
