package redislookup_test

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/redislookup"
)

const movedKey, missingKey = "k3", "k14"

// TestCluster keeps the slots on two servers. One key has just moved from the first to the second.
func TestCluster(t *testing.T) {
	t.Parallel()
	var servers [2]*scripted
	ready := make(chan struct{})
	for i := range servers {
		servers[i] = newScripted(t, func(command []string) string {
			<-ready
			return clusterReply(t, servers, i, command)
		})
	}
	close(ready)
	client := open(t, redislookup.Config{Addrs: []string{servers[0].address}, Cluster: true})
	l := prepare(t, client, redislookup.Query{Key: "k$key", KeyType: []string{"bigint"}})
	var keys []lookup.Key
	for i := range 20 {
		keys = append(keys, lookup.Key(fmt.Sprint(i)))
	}
	b := load(t, l, keys...)
	first, second := servers[0].asked(), servers[1].asked()
	if !slices.Contains(first, movedKey) || !slices.Contains(second, movedKey) {
		t.Fatalf("%s was not asked for twice: %v and %v", movedKey, first, second)
	}
	if len(first) < 5 || len(second) < 5 || len(first)+len(second) != len(keys)+1 {
		t.Errorf("the servers were asked for %v and %v, want each key once, and %s twice", first, second, movedKey)
	}
	for i, key := range keys {
		name, at := "k"+string(key), 0
		if slices.Contains(second, name) {
			at = 1
		}
		r := b.Result(i)
		if name == missingKey {
			if r.State != stages.Missing {
				t.Errorf("%s is %v, want missing", name, r.State)
			}
			continue
		}
		if want := fmt.Sprintf(`"%s at %d"`, name, at); string(r.Value) != want {
			t.Errorf("%s: %v %s (%v), want %s", name, r.State, r.Value, r.Err, want)
		}
	}
}

// clusterReply is what the server at a place replies to a command.
func clusterReply(t *testing.T, servers [2]*scripted, at int, command []string) string {
	t.Helper()
	switch key := command[min(1, len(command)-1)]; {
	case strings.EqualFold(command[0], "cluster") && strings.EqualFold(key, "slots"):
		return slotsOf(t, servers)
	case strings.EqualFold(command[0], "command"):
		return "*0\r\n"
	case !strings.EqualFold(command[0], "get"):
		return "-ERR unknown command\r\n"
	case key == movedKey && at == 0:
		return "-MOVED 1 " + servers[1].address + "\r\n"
	case key == missingKey:
		return "$-1\r\n"
	default:
		return bulk(fmt.Sprintf("%s at %d", key, at))
	}
}

// slotsOf says that the first server has the lower half of the slots, and the second the others.
func slotsOf(t *testing.T, servers [2]*scripted) string {
	t.Helper()
	text := "*2\r\n"
	for i, s := range servers {
		host, port, err := net.SplitHostPort(s.address)
		if err != nil {
			t.Error(err)
		}
		text += fmt.Sprintf("*3\r\n:%d\r\n:%d\r\n*3\r\n%s:%s\r\n%s", i*8192, i*8192+8191, bulk(host), port, bulk(fmt.Sprint("id", i)))
	}
	return text
}
