package pipelinefile_test

import (
	"slices"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	gocmp "github.com/google/go-cmp/cmp"

	pf "github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/strictyaml"
)

func TestSources(t *testing.T) {
	t.Parallel()
	redis, err := pf.Load("testdata/right/redis.yaml")
	if err != nil {
		t.Fatal(err)
	}
	service, err := pf.Parse("http.yaml", read(t, "testdata/right/http.yaml"), pf.Options{Getenv: secret})
	if err != nil {
		t.Fatal(err)
	}
	documents, err := pf.Parse("mongodb.yaml", read(t, "testdata/right/mongodb.yaml"), pf.Options{Getenv: secret})
	if err != nil {
		t.Fatal(err)
	}
	rest := pf.Source{Timeout: 5 * time.Second, MaxKeys: 5000, MaxCalls: 4}
	named := func(name string, s pf.Source) pf.Source {
		s.Name, s.Timeout, s.MaxKeys, s.MaxCalls = name, rest.Timeout, rest.MaxKeys, rest.MaxCalls
		return s
	}
	want := &pf.File{
		Sources: []pf.Source{
			named("shop", pf.Source{
				Redis: &pf.Redis{Addresses: []string{"localhost:6379"}, Pool: 8}, Rate: &pf.Rate{Calls: 50, Per: time.Second, Burst: 1},
				Breaker: pf.Breaker{Enabled: true, Failures: 5, Delay: 5 * time.Second},
			}),
			named("shop", pf.Source{HTTP: &pf.HTTPSource{URL: "https://users.example/v2", Pool: 8, MaxBody: 64 << 20}}),
			named("more", pf.Source{
				HTTP: &pf.HTTPSource{
					URL: "https://[::1]:8443", Headers: map[string]strictyaml.Secret{"Authorization": strictyaml.NewSecret("Bearer secret"), "X-Tenant": strictyaml.NewSecret("a")},
					Health: "/health", TLS: pf.TLS{Enabled: true, CA: "ca.pem"}, Pool: 2, MaxBody: 1 << 20,
				},
				Rate: &pf.Rate{Calls: 1, Per: time.Minute, Burst: 3}, Breaker: pf.Breaker{Enabled: true, Failures: 2, Delay: time.Minute},
			}),
			named("login", pf.Source{HTTP: &pf.HTTPSource{URL: "https://users.example/v3", Pool: 8, MaxBody: 64 << 20, OAuth: &pf.OAuth{
				TokenURL: "https://login.example/token", ClientID: "loaderline", ClientSecret: strictyaml.NewSecret("secret"), Scopes: []string{"users.read"},
				Params: map[string]strictyaml.Secret{"audience": strictyaml.NewSecret("users")}, Auth: pf.ClientAuthBody, TLS: pf.TLS{Enabled: true, CA: "login.pem"},
			}}}),
			named("docs", pf.Source{MongoDB: &pf.MongoDB{
				URI: strictyaml.NewSecret("mongodb://reader:secret@a.example,b.example/?replicaSet=rs0"), Database: "shop", TLS: pf.TLS{Enabled: true, CA: "ca.pem"}, Pool: 8,
			}}),
		},
		Stages: []pf.Stage{
			{History: pf.HistoryMutable, Name: "user", Source: "shop", By: []string{"event.user_id"}, Get: "user:$key"},
			{History: pf.HistoryMutable, Name: "settings", Source: "shop", By: []string{"event.tenant", "event.user_id"}, Hash: "{$key}:settings:$key"},
			{History: pf.HistoryMutable, Name: "user", Source: "shop", By: []string{"event.user_id"}, Key: []string{"id"}},
			{
				History: pf.HistoryMutable, Name: "teams", Source: "more", By: []string{"event.user_id"}, Key: []string{"member.id"}, KeyType: []string{"bigint"}, Many: true,
				Request:  pf.Request{Method: pf.MethodGet, Path: "/teams", Param: "user", Separator: ","},
				Response: pf.Response{Items: "data.teams", Value: "team", Error: "status", PermanentErrors: []string{"INVALID", "GONE"}},
			},
			{History: pf.HistoryMutable, Name: "names", Source: "more", By: []string{"event.user_id"}, Response: pf.Response{Named: true, Missing: []int{404, 410}}},
			{
				History: pf.HistoryMutable, Name: "profile", Source: "login", By: []string{"event.tenant", "event.user_id"},
				Request: pf.Request{One: true, Method: pf.MethodGet, Path: "/t/$key/users/$key"}, Response: pf.Response{Value: "data"},
			},
			{History: pf.HistoryMutable, Name: "score", Source: "login", By: []string{"event.user_id"}, Request: pf.Request{One: true, Path: "/scores", Body: `{"id": $key}`}},
			{
				History: pf.HistoryMutable, Name: "user", Source: "docs", By: []string{"event.user_id"}, Collection: "users", KeyType: []string{"objectid"},
				Find: jsontext.Value(`{"_id":{"$in":"$keys"},"deleted":{"$ne":true}}`),
			},
			{
				History: pf.HistoryMutable, Name: "bought", Source: "docs", By: []string{"event.tenant", "event.user_id"}, Collection: "purchases", Find: jsontext.Value(`{"$or":"$keys"}`),
				Key: []string{"tenant", "user_id"}, Project: jsontext.Value(`{"at":1,"_id":0}`), Sort: jsontext.Value(`{"at":-1}`), Format: pf.FormatExtendedJSON, Many: true,
			},
		},
	}
	got := &pf.File{Sources: slices.Concat(redis.Sources, service.Sources, documents.Sources), Stages: slices.Concat(redis.Stages, service.Stages, documents.Stages)}
	if diff := gocmp.Diff(filled(want), got, compare()); diff != "" {
		t.Errorf("file differs (-want +got):\n%s", diff)
	}
}
