package redislookup_test

import (
	"crypto/tls"
	"strings"
	"testing"
	"time"

	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/redislookup"
	"github.com/loaderline/loaderline/testenv"
)

func TestRights(t *testing.T) {
	t.Parallel()
	s := service(t)
	w := writer(t, s.Address())
	if err := w.Do(t.Context(), "ACL", "SETUSER", "canaryuser", "on", ">canary#pass", "~user:*", "+get", "+ping", "+select").Err(); err != nil {
		t.Fatal(err)
	}
	if err := w.ConfigSet(t.Context(), "requirepass", "canary").Err(); err != nil {
		t.Fatal(err)
	}
	in := redislookup.Config{Addrs: []string{s.Address()}, Username: "canaryuser", Password: "canary#pass"}
	outside, wrong, nowhere := in, in, in
	outside.Username, outside.Password = "", ""
	wrong.Password = "canary#wrong"
	nowhere.DB = 999
	for _, tc := range []struct {
		name string
		cfg  redislookup.Config
		q    redislookup.Query
		code string
	}{
		{"no login", outside, redislookup.Query{Key: "user:$key"}, "NOAUTH"},
		{"wrong password", wrong, redislookup.Query{Key: "user:$key"}, "WRONGPASS"},
		{"no right to the key", in, redislookup.Query{Key: "order:$key"}, "NOPERM"},
		{"no right to the command", in, redislookup.Query{Key: "user:$key", Kind: redislookup.Hash}, "NOPERM"},
		{"no such database", nowhere, redislookup.Query{Key: "user:$key"}, "ERR"},
	} {
		client := open(t, tc.cfg)
		_ = fails(t, prepare(t, client, tc.q), stages.Fatal, tc.code)
		err := client.Ping(t.Context())
		if refused := tc.code != "NOPERM"; (err != nil) != refused || err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: Ping: %v, want an error without secrets only where the login is refused", tc.name, err)
		}
	}
	l := prepare(t, open(t, in), redislookup.Query{Key: "user:$key"})
	if got := load(t, l, `"1"`).Result(0).State; got != stages.Missing {
		t.Errorf("with all rights the key is %v, want missing", got)
	}
}

func TestWhatServersSay(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		said  string
		class stages.Class
		code  string
	}{
		{"LOADING Redis is loading the dataset in memory", stages.Transient, "LOADING"},
		{"MASTERDOWN Link with MASTER is down", stages.Transient, "MASTERDOWN"},
		{"BUSY Redis is busy running a script", stages.Transient, "BUSY"},
		{"MOVED 12182 10.0.0.1:6379", stages.Fatal, "MOVED"},
		{"DENIED Redis is running in protected mode", stages.Fatal, "DENIED"},
		{"ERR unknown command 'GET', with args beginning with: 'canarykey'", stages.Fatal, "ERR"},
		{"ERR max number of clients reached", stages.Transient, "ERR"},
		{"ERR no backend at 10.0.0.1 for canarykey", stages.Transient, "ERR"},
		{"something new about canarykey", stages.Transient, "ERR"},
	} {
		s := newScripted(t, func(command []string) string {
			if strings.EqualFold(command[0], "get") {
				return "-" + tc.said + "\r\n"
			}
			return "-ERR unknown command\r\n" // No HELLO: an old protocol.
		})
		l := prepare(t, open(t, redislookup.Config{Addrs: []string{s.address}}), redislookup.Query{Key: "$key"})
		_ = fails(t, l, tc.class, tc.code)
	}
}

func TestErrorsOfConnecting(t *testing.T) {
	t.Parallel()
	free, err := testenv.FreeAddresses(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	refused := free[0] // nobody listens there
	const secret = "canary#pass"
	running := testenv.Redis(t)
	for _, tc := range []struct {
		name  string
		cfg   redislookup.Config
		class stages.Class
		code  string
		want  string
	}{
		{"refused", redislookup.Config{Addrs: []string{refused}, Password: secret}, stages.Transient, "", "connection refused"},
		{"cluster refused", redislookup.Config{Addrs: []string{refused}, Password: secret, Cluster: true}, stages.Transient, "", "connection refused"},
		{"not TLS", redislookup.Config{Addrs: []string{running}, Password: secret, TLS: &tls.Config{MinVersion: tls.VersionTLS12}, Timeout: time.Second}, stages.Transient, "", "Redis"},
		{"silent", redislookup.Config{Addrs: []string{silent(t)}, Password: secret, Timeout: 100 * time.Millisecond}, stages.Transient, "", "no answer in time"},
		{"not a cluster", redislookup.Config{Addrs: []string{running}, Cluster: true}, stages.Fatal, "ERR", "leave out cluster"},
	} {
		client := open(t, tc.cfg)
		if e := fails(t, prepare(t, client, redislookup.Query{Key: "$key"}), tc.class, tc.code); !strings.Contains(e.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", tc.name, e, tc.want)
		}
		if err := client.Ping(t.Context()); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: Ping: %v, want an error without the password", tc.name, err)
		}
	}
}
