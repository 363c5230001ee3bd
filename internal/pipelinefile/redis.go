package pipelinefile

import (
	"slices"
	"time"

	"github.com/loaderline/loaderline/internal/strictyaml"
)

// Redis says which server or cluster is used, and how. Several sections have these keys: see redisKeys.
type Redis struct {
	Addresses []string          `key:"addresses"`
	Cluster   bool              `key:"cluster"`
	Username  string            `key:"username"`
	Password  strictyaml.Secret `key:"password"`
	DB        int               `key:"db"`
	TLS       TLS               `key:"tls"`
	Pool      int               `key:"pool"`
}

// CacheRedis is a cache in Redis that several processes share.
type CacheRedis struct {
	Redis

	Timeout time.Duration `key:"timeout"`
	Prefix  string        `key:"prefix"`
}

func cacheRedisKeys() []strictyaml.Key {
	return slices.Concat([]strictyaml.Key{
		{Path: "cache.redis", Type: strictyaml.TypeSection, Doc: "A cache in Redis, 6 or later, below the memory, which several processes share. While it is unreachable, lookups go to the sources. Defaults to none."},
	}, redisKeys("cache.redis"), []strictyaml.Key{
		{Path: "cache.redis.timeout", Type: strictyaml.TypeDuration, Default: "100ms", Min: ms, Max: 10 * sec, Doc: "How long one call may take. After one that took longer, Redis is bypassed until it answers again."},
		{Path: "cache.redis.prefix", Type: strictyaml.TypeString, Default: "loaderline", Pattern: `^[A-Za-z0-9._:-]{1,200}$`, PatternDoc: "a prefix has letters, digits, dots, colons, _ and - only, at most 200", Doc: "The prefix of all keys in Redis. Processes with the same prefix share their rows."},
	})
}

// redisKeys are the keys of a section that is, or embeds, a Redis.
func redisKeys(section string) []strictyaml.Key {
	at := func(name string) string { return section + "." + name }
	return append([]strictyaml.Key{
		{Path: at("addresses"), Type: strictyaml.TypeListOrComma, Required: true, Example: "[localhost:6379]", Pattern: `^(\[[0-9a-fA-F:.%]+\]|[^\s:/@,\[\]]+):[0-9]{1,5}$`, PatternDoc: "an address is host:port, without a scheme or a password", Doc: "The server, as host:port; for a cluster some servers, which know the others."},
		{Path: at("cluster"), Type: strictyaml.TypeBoolean, Default: "false", Doc: "The servers are a Redis Cluster."},
		{Path: at("username"), Type: strictyaml.TypeString, Doc: "The user. Defaults to Redis' default user."},
		{Path: at("password"), Type: strictyaml.TypeSecret, Doc: "The user's password; best from the environment or a file. Defaults to no login."},
		{Path: at("db"), Type: strictyaml.TypeInteger, Default: "0", Min: 0, Max: 1_000_000, Doc: "The number of the database. A cluster has only 0."},
		{Path: at("pool"), Type: strictyaml.TypeInteger, Default: "8", Min: 1, Max: 1000, Doc: "The most connections to one server."},
	}, tlsKeys(section, "Encryption to the server.")...)
}

// tlsKeys are the keys of a TLS in a section.
func tlsKeys(section, what string) []strictyaml.Key {
	at := section + ".tls"
	return []strictyaml.Key{
		{Path: at, Type: strictyaml.TypeSwitch, Default: "false", Doc: what + " true trusts the system's roots; a section names files."},
		{Path: at + ".ca", Type: strictyaml.TypePath, Doc: "A PEM file with the certificate authorities to trust. Defaults to the system's roots."},
		{Path: at + ".cert", Type: strictyaml.TypePath, Doc: "A PEM file with the client's certificate, for mutual TLS. Needs " + at + ".key."},
		{Path: at + ".key", Type: strictyaml.TypePath, Doc: "A PEM file with the key of the client's certificate."},
	}
}

// checkRedis refuses what a Redis section cannot be.
func (c *checker) checkRedis(section string, r *Redis) {
	switch {
	case len(r.Addresses) > 1 && !r.Cluster:
		c.Fail(section+".addresses", "only a cluster has several addresses; write cluster: true beside them, or leave one")
	case r.Cluster && r.DB != 0:
		c.Fail(section+".db", "a cluster has only database 0; remove the key")
	}
	if r.Username != "" && !c.Has(section+".password") {
		c.Fail(section+".username", "a user needs a password; add password, best from the environment")
	}
}
