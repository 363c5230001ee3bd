package chaos

import (
	"fmt"
	"strings"
)

const (
	workers      = 2
	batchRecords = 5_000 // of a micro-batch: loaderline's default
	token        = "chaos"
)

// pipeline is the round's pipeline file.
func (r *Round) pipeline() string {
	delivery := "exactly_once"
	if r.scenario.atLeastOnce() {
		delivery = "at_least_once"
	}
	listen := ""
	if r.versions != nil {
		listen = r.lane.http
	}
	redis := ""
	if r.scenario.Redis {
		redis = fmt.Sprintf("cache: {redis: {addresses: [%q], prefix: %q}}", r.lane.redis, r.group)
	}
	return fmt.Sprintf(`name: %[1]s
kafka: {brokers: [%[2]q], session_timeout: %[3]v, transaction_timeout: %[4]v}
instance: "${INSTANCE}"
workers: %[5]d
http: {listen: %[6]q, token: %[7]q}
input: {topics: [%[8]s], group: %[1]s}
sources:
  shop: {sql: {driver: postgres, dsn: %[9]q, pool: 4}}
%[10]s
output: {topic: %[11]s, delivery: %[12]s}
dead_letter: {topic: %[13]s}
retry: {max_elapsed: 500ms}
%[14]s
`, r.group, r.lane.broker, sessionTimeout, transactionTimeout, workers, listen, token, r.input,
		r.lane.through(r.dsn), strings.TrimSpace(r.stages()), r.output, delivery, r.dead, redis)
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
	return `
stages:
  user:
    source: shop
    by: event.user_id
    query: SELECT id, name, email, tier FROM users WHERE id = ANY($keys)
    key: id
    on_missing: dead_letter
    cache: {ttl: 2s}
  purchases:
    source: shop
    by: event.user_id
    query: >
      SELECT user_id AS _key, id, product_id, amount_cents, purchased_at
      FROM purchases WHERE user_id = ANY($keys) ORDER BY id
    many: true
    cache: {ttl: 2s}
  reviews:
    source: shop
    by: purchases[].product_id
    query: SELECT id, product_id, rating, body FROM reviews WHERE product_id = ANY($keys) ORDER BY id
    key: product_id
    many: true
    into: purchases[].reviews
    cache: {ttl: 2s}
`
}
