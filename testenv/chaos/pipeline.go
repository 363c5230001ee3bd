package chaos

import (
	"fmt"
	"strings"
	"time"
)

const (
	workers      = 2
	batchRecords = 5_000 // of a micro-batch: loaderline's default
	token        = "chaos"
	cachedFor    = 2 * time.Second // rows of users and what belongs to them
)

// retryDelays are those of the retry topics. They are together longer than a row is late.
var retryDelays = []time.Duration{time.Second, 6 * time.Second}

// pipeline is the round's pipeline file.
func (r *Round) pipeline() (string, error) {
	dsn, err := r.pipelineDSN()
	if err != nil {
		return "", err
	}
	delivery := "exactly_once"
	if r.scenario.atLeastOnce() {
		delivery = "at_least_once"
	}
	window := 1_000
	if r.scenario.Retry {
		// When no new events come, what comes out of the last retry topic is dead letters alone.
		window = 100_000
	}
	timeout := ""
	if r.scenario.Timeout > 0 {
		timeout = fmt.Sprintf(", timeout: %v", r.scenario.Timeout)
	}
	return fmt.Sprintf(`name: %[1]s
kafka: {brokers: %[2]s, session_timeout: %[3]v, transaction_timeout: %[4]v%[16]s}
instance: "${INSTANCE}"
workers: %[5]d
http: {listen: "${LISTEN}", token: %[6]q}
input: {topics: [%[7]s], group: %[1]s%[17]s}
sources:
  shop: {sql: {driver: postgres, dsn: %[8]q, pool: 4}%[9]s}
%[10]s
output: {topic: %[11]s, delivery: %[12]s%[20]s}
dead_letter: {topic: %[13]s, window: %[14]d}
retry: {max_elapsed: 500ms%[15]s}
cache: {%[18]s}
%[19]s`, r.group, r.bootstrap(), sessionTimeout, transactionTimeout, workers, token, r.input,
		dsn, timeout, strings.TrimSpace(r.stages()), r.output, delivery, r.dead,
		window, r.retry(), r.login(), r.start()+r.format(), strings.Join(r.caches(), ", "), r.registrySection(), r.forEach()), nil
}

// bootstrap is the brokers that the file names.
func (r *Round) bootstrap() string {
	address := r.lane.broker
	switch {
	case r.scenario.Site != oneBroker:
		address = r.kafka
	case r.scenario.Login == byCertificate:
		address = r.lane.tls
	case r.scenario.Login != "":
		address = r.world.password
	}
	return "[" + address + "]"
}

// start is where the file's group begins.
func (r *Round) start() string {
	if r.scenario.Start == "" {
		return ""
	}
	return ", start: " + r.scenario.Start
}

// format is what the values of the file's input are, if they are not JSON.
func (r *Round) format() string {
	if !r.scenario.Avro {
		return ""
	}
	return ", format: avro"
}

// registrySection is how the file finds its schemas.
func (r *Round) registrySection() string {
	if !r.scenario.Avro {
		return ""
	}
	return fmt.Sprintf("registry: {url: %q}\n", r.registry.Address())
}

// retry is the file's retry topics.
func (r *Round) retry() string {
	if len(r.retries) == 0 {
		return ""
	}
	topics := make([]string, len(r.retries))
	for i, topic := range r.retries {
		topics[i] = fmt.Sprintf("{topic: %s, delay: %v}", topic, retryDelays[i])
	}
	return ", topics: [" + strings.Join(topics, ", ") + "]"
}

// caches is what the file has below the memory, and who tells of changes.
func (r *Round) caches() []string {
	var list []string
	if r.scenario.Redis {
		list = append(list, fmt.Sprintf("redis: {addresses: [%q], prefix: %q}", r.lane.redis, r.group))
	}
	if r.scenario.Disk {
		list = append(list, fmt.Sprintf("disk: {path: %q, max_bytes: 128MiB, memory: 8MiB}", r.disk))
	}
	if r.changes != "" {
		list = append(list, fmt.Sprintf("invalidate: {changes: [{topic: %s, stages: [user]}]}", r.changes))
	}
	return list
}

func (r *Round) stages() string {
	if r.versions != nil {
		return `
stages:
  user:
    source: shop
    by: event.user_id
    query: SELECT id, version FROM accounts WHERE id = ANY($keys)
    key: id
    cache: {ttl: 10m}
`
	}
	onMissing, ttl := "dead_letter", cachedFor.String()
	if r.scenario.Retry {
		onMissing = "retry"
	}
	return `
stages:
  user:
    source: shop
    by: event.user_id
    query: SELECT id, name, email, tier FROM users WHERE id = ANY($keys)
    key: id
    on_missing: ` + onMissing + `
    cache: {ttl: ` + ttl + `, negative_ttl: 500ms}
  purchases:
    source: shop
    by: event.user_id
    query: >
      SELECT user_id AS _key, id, product_id, amount_cents, purchased_at
      FROM purchases WHERE user_id = ANY($keys) ORDER BY id
    many: true
    cache: {ttl: ` + ttl + `}
  reviews:
    source: shop
    by: purchases[].product_id
    query: SELECT id, product_id, rating, body FROM reviews WHERE product_id = ANY($keys) ORDER BY id
    key: product_id
    many: true
    into: purchases[].reviews
    cache: {ttl: ` + ttl + `}
`
}
