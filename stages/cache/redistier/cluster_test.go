package redistier_test

import (
	"crypto/rand"
	"net"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/internal/cachetier/tiertest"
	"github.com/loaderline/loaderline/stages/cache/redistier"
	"github.com/loaderline/loaderline/testenv"
)

// cluster is one of two servers, each with half of the slots. It has no replicas.
func cluster(tb testing.TB) (addresses []string) {
	tb.Helper()
	const slots, size = 16384, 2
	var nodes []*redis.Client
	for i := range size {
		s := testenv.Own(tb, testenv.StartRedisNode)
		node := commands(tb, s.Address())
		first := i * slots / size
		if err := node.ClusterAddSlotsRange(tb.Context(), first, first+slots/size-1).Err(); err != nil {
			tb.Fatal(err)
		}
		addresses, nodes = append(addresses, s.Address()), append(nodes, node)
	}
	host, port, err := net.SplitHostPort(addresses[0])
	if err != nil {
		tb.Fatal(err)
	}
	bus := nodes[0].ConfigGet(tb.Context(), "cluster-port").Val()["cluster-port"]
	if err := nodes[1].Do(tb.Context(), "cluster", "meet", host, port, bus).Err(); err != nil {
		tb.Fatal(err)
	}
	for _, node := range nodes {
		eventually(tb, "each server knows all slots", func() bool {
			return strings.Contains(node.ClusterInfo(tb.Context()).Val(), "cluster_state:ok")
		})
	}
	return addresses
}

func TestClusterConforms(t *testing.T) {
	t.Parallel()
	addresses := cluster(t)
	first := commands(t, addresses[0])
	node := redis.NewClusterClient(&redis.ClusterOptions{Addrs: addresses})
	t.Cleanup(func() { _ = node.Close() })
	tiertest.Run(t, tiertest.Harness{
		Shared: true,
		New: func(tb testing.TB) func(testing.TB) cachetier.Tier {
			tb.Helper()
			cfg := at(addresses[0], rand.Text()[:10])
			cfg.Redis.Cluster = true
			inUse(tb, node, cfg.Prefix)
			return func(tb testing.TB) cachetier.Tier {
				tb.Helper()
				tier, err := redistier.OpenTier(tb.Context(), cfg)
				if err != nil {
					tb.Fatal(err)
				}
				return tier
			}
		},
	})
	if n := first.DBSize(t.Context()).Val(); n < 1000 {
		t.Errorf("the first server has had %d keys: nothing was divided", n)
	}
}
