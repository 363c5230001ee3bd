package grpclookup_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/loaderline/loaderline/internal/grpctest"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

func TestCodes(t *testing.T) {
	t.Parallel()
	var code atomic.Uint32
	l := asking(t, products(), func(context.Context, []byte) (string, error) {
		return "", status.Error(codes.Code(code.Load()), "canary")
	})
	for class, answered := range map[stages.Class]map[codes.Code]string{
		stages.Permanent: {codes.InvalidArgument: "INVALID_ARGUMENT", codes.FailedPrecondition: "FAILED_PRECONDITION", codes.OutOfRange: "OUT_OF_RANGE", codes.AlreadyExists: "ALREADY_EXISTS"},
		stages.Fatal:     {codes.NotFound: "NOT_FOUND", codes.PermissionDenied: "PERMISSION_DENIED", codes.Unauthenticated: "UNAUTHENTICATED", codes.Unimplemented: "UNIMPLEMENTED"},
		stages.Transient: {
			codes.Canceled: "CANCELLED", codes.Unknown: "UNKNOWN", codes.DeadlineExceeded: "DEADLINE_EXCEEDED", codes.ResourceExhausted: "RESOURCE_EXHAUSTED", codes.Aborted: "ABORTED",
			codes.Internal: "INTERNAL", codes.Unavailable: "UNAVAILABLE", codes.DataLoss: "DATA_LOSS", 17: "UNKNOWN",
		},
	} {
		for c, name := range answered {
			code.Store(uint32(c))
			if err := fails(t, l, class, name); !strings.HasPrefix(err.Error(), "the service answered "+name+" to shop.Catalog/GetProducts") {
				t.Error(err)
			}
		}
	}
}

// rest is how long an error asks a stages.Backend to leave the service alone.
func rest(err error) time.Duration { return err.(interface{ RetryAfter() time.Duration }).RetryAfter() }

func TestRetryInfo(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		code  codes.Code
		delay time.Duration
		want  time.Duration
		words string
	}{
		{codes.ResourceExhausted, 7 * time.Second, 7 * time.Second, " and asks to be left alone for 7s"},
		{codes.ResourceExhausted, 0, time.Second, "GetProducts"},
		{codes.ResourceExhausted, -time.Second, time.Second, "GetProducts"},
		{codes.Unavailable, 1500 * time.Millisecond, 1500 * time.Millisecond, " for 1.5s"},
		{codes.Unavailable, 0, 0, "GetProducts"},
		{codes.Unavailable, 1000 * time.Hour, 24 * time.Hour, " for 24h0m0s"},
		{codes.Internal, 7 * time.Second, 0, "GetProducts"},
	} {
		s := status.New(tc.code, "canary")
		if tc.delay != 0 {
			var err error
			if s, err = s.WithDetails(&errdetails.ErrorInfo{Reason: "canary"}, &errdetails.RetryInfo{RetryDelay: durationpb.New(tc.delay)}); err != nil {
				t.Fatal(err)
			}
		}
		l := asking(t, products(), func(context.Context, []byte) (string, error) { return "", s.Err() })
		names := map[codes.Code]string{codes.ResourceExhausted: "RESOURCE_EXHAUSTED", codes.Unavailable: "UNAVAILABLE", codes.Internal: "INTERNAL"}
		err := fails(t, l, stages.Transient, names[tc.code])
		if rest(err) != tc.want || !strings.HasSuffix(err.Error(), tc.words) {
			t.Errorf("%v with %v: %v, RetryAfter %v, want %v", tc.code, tc.delay, err, rest(err), tc.want)
		}
	}
}

// known is a service that knows the keys below 100, and refuses calls in which refuses says so of their keys.
func known(calls *atomic.Int32, refuses func(ids []string) error) grpctest.Handler {
	return func(_ context.Context, text []byte) (string, error) {
		calls.Add(1)
		var request struct{ IDs []string }
		if err := json.Unmarshal(text, &request); err != nil {
			return "", err
		}
		if err := refuses(request.IDs); err != nil {
			return "", err
		}
		var items []string
		for _, id := range request.IDs {
			if len(id) < 3 {
				items = append(items, `{"id": `+id+`, "row": {"n": `+id+`}}`)
			}
		}
		return `{"data": {"items": [` + strings.Join(items, ",") + `]}}`, nil
	}
}

// settled asks a loader for the keys from 0 to 120, and compares what it says of each.
func settled(t *testing.T, l lookup.Lookup, want func(id int) string) {
	t.Helper()
	loader := stages.NewLoader(l, stages.LoaderConfig[lookup.Key, []byte]{})
	var keys []lookup.Key
	for id := range 120 {
		keys = append(keys, lookup.Key(fmt.Sprint(id)))
	}
	results := loader.Load(t.Context(), keys...)
	for id, key := range keys {
		if got := outcome(results[key]); got != want(id) {
			t.Errorf("%s is %s (%v), want %s", key, got, results[key].Err, want(id))
		}
	}
}

func row(id int) string {
	if id >= 100 {
		return "missing"
	}
	return fmt.Sprintf(`{"n":%d,"body":""}`, id)
}

// TestPoisonStandsAlone refuses every call with one key, as services do that check all keys first.
func TestPoisonStandsAlone(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	q := products()
	q.Value = "row"
	l := asking(t, q, known(&calls, func(ids []string) error {
		if slices.Contains(ids, "13") {
			return status.Error(codes.InvalidArgument, "canary 13")
		}
		return nil
	}))
	settled(t, l, func(id int) string {
		if id == 13 {
			return "failed 1 INVALID_ARGUMENT"
		}
		return row(id)
	})
	if n := calls.Load(); n > 20 {
		t.Errorf("%d calls were made for one bad key of 120", n)
	}
}

// A service says NOT_FOUND if it does not know one of the keys, or none of them.
func TestCodesThatMeanMissing(t *testing.T) {
	t.Parallel()
	for name, refuses := range map[string]func(unknown, asked int) bool{
		"any": func(unknown, _ int) bool { return unknown > 0 },
		"all": func(unknown, asked int) bool { return unknown == asked },
	} {
		var calls atomic.Int32
		q := products()
		q.Value, q.Missing = "row", []string{"NOT_FOUND"}
		l := asking(t, q, known(&calls, func(ids []string) error {
			unknown := 0
			for _, id := range ids {
				if len(id) > 2 {
					unknown++
				}
			}
			if refuses(unknown, len(ids)) {
				return status.Error(codes.NotFound, "canary")
			}
			return nil
		}))
		settled(t, l, row)
		if n := calls.Load(); n > 160 {
			t.Errorf("%s: %d calls for 120 keys", name, n)
		}
	}
}
