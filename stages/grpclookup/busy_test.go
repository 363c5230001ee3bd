package grpclookup_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/loaderline/loaderline/internal/loaderr"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/lookup"
)

// A backend leaves a service alone for as long as it asks, and then asks again: no key is condemned for it.
func TestBusyServicesAreLeftAlone(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	q := products()
	q.Value = "row"
	l := asking(t, q, known(&calls, func([]string) error {
		if calls.Load() > 1 {
			return nil
		}
		s, err := status.New(codes.ResourceExhausted, "").WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(300 * time.Millisecond)})
		if err != nil {
			return err
		}
		return s.Err()
	}))
	began := time.Now()
	loader := stages.NewLoader(l, stages.LoaderConfig[lookup.Key, []byte]{})
	if r := loader.Load(t.Context(), "1")["1"]; outcome(r) != `{"n":1,"body":""}` {
		t.Errorf("%s (%v)", outcome(r), r.Err)
	}
	if took := time.Since(began); calls.Load() != 2 || took < 300*time.Millisecond {
		t.Errorf("%d calls within %v", calls.Load(), took)
	}
}

// The class of a code can be another one.
func TestClassesAreOverridden(t *testing.T) {
	t.Parallel()
	l := asking(t, products(), func(context.Context, []byte) (string, error) { return "", status.Error(codes.NotFound, "") })
	backend := stages.NewBackend(stages.BackendConfig{Errors: map[string]stages.Class{"NOT_FOUND": stages.Permanent}})
	loader := stages.NewLoader(l, stages.LoaderConfig[lookup.Key, []byte]{Backend: backend})
	if r := loader.Load(t.Context(), "1")["1"]; r.State != stages.Failed || strings.Contains(r.Err.Error(), loaderr.ErrFatal.Error()) {
		t.Errorf("%v: %v", r.State, r.Err)
	}
}
