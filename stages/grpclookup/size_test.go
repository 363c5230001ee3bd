package grpclookup_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc"

	"github.com/loaderline/loaderline/internal/grpctest"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/grpclookup"
	"github.com/loaderline/loaderline/stages/lookup"
)

// A response that is larger than its bound, as a message or as JSON, is asked for again with fewer keys. So is a request that is larger
// than the service takes.
func TestLargeMessagesAreDivided(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		max    int64
		body   string
		server []grpc.ServerOption
		words  string
	}{
		"response": {max: 4 << 10, body: strings.Repeat("x", 200), words: "the response for 2 keys is larger than 4096 bytes: lower max_keys"},
		"JSON":     {max: 4 << 10, body: strings.Repeat("\u0001", 28), words: "the response for 2 keys is larger than 4096 bytes as JSON: lower max_keys"},
		"request":  {server: []grpc.ServerOption{grpc.MaxRecvMsgSize(64)}, words: "the request with 2 keys is larger than the service takes: lower max_keys"},
	} {
		large := false
		h := func(_ context.Context, text []byte) (string, error) {
			var request struct{ IDs []string }
			if err := json.Unmarshal(text, &request); err != nil {
				return "", err
			}
			body, err := json.Marshal(tc.body)
			if large {
				body, err = json.Marshal(strings.Repeat(tc.body, 20))
			}
			if err != nil {
				return "", err
			}
			var items []string
			for _, id := range request.IDs {
				items = append(items, `{"n": `+id+`, "body": `+string(body)+`}`)
			}
			return `{"rows": [` + strings.Join(items, ",") + `]}`, nil
		}
		q := grpclookup.Query{Method: method, Items: "rows", Key: []string{"n"}, Value: "n"}
		c := open(t, grpclookup.Config{Address: grpctest.Listen(t, newServer(t, h, tc.server...)), Files: catalog(t), MaxAnswerBytes: tc.max})
		l := prepare(t, c, q)
		settled(t, l, func(id int) string { return fmt.Sprint(id) })
		large = true
		keys := []lookup.Key{"1", "2"}
		if tc.server != nil {
			q.Request = `{"ids": "$keys", "tenant": "` + strings.Repeat("t", 100) + `"}`
			l = prepare(t, c, q)
		}
		err := l.Load(t.Context(), stages.NewBatch[lookup.Key, []byte](keys))
		if err == nil || err.Error() != tc.words || stages.ClassOf(err) != stages.Permanent {
			t.Errorf("%s: class %d: %v, want %s", name, stages.ClassOf(err), err, tc.words)
		}
	}
}
