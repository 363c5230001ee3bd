package grpclookup_test

import (
	"context"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/loaderline/loaderline/internal/grpctest"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/grpclookup"
	"github.com/loaderline/loaderline/stages/lookup"
)

func TestPing(t *testing.T) {
	t.Parallel()
	with := func(answer func(context.Context) (grpc_health_v1.HealthCheckResponse_ServingStatus, error)) string {
		s := newServer(t, says(`{}`))
		grpc_health_v1.RegisterHealthServer(s, &healthy{answer: answer})
		return grpctest.Listen(t, s)
	}
	says := func(s grpc_health_v1.HealthCheckResponse_ServingStatus, code codes.Code) func(context.Context) (grpc_health_v1.HealthCheckResponse_ServingStatus, error) {
		return func(ctx context.Context) (grpc_health_v1.HealthCheckResponse_ServingStatus, error) {
			if md, _ := metadata.FromIncomingContext(ctx); len(md.Get("authorization")) == 0 {
				return s, status.Error(codes.Unauthenticated, "")
			}
			if code != codes.OK {
				return s, status.Error(code, "canary")
			}
			return s, nil
		}
	}
	own := newServer(t, nil)
	grpc_health_v1.RegisterHealthServer(own, health.NewServer())
	for _, tc := range []struct {
		name, address string
		want          string
		class         stages.Class
	}{
		{"no health service", grpctest.Listen(t, newServer(t, nil)), "", 0},
		{"grpc-go's", grpctest.Listen(t, own), "", 0},
		{"serving", with(says(grpc_health_v1.HealthCheckResponse_SERVING, 0)), "", 0},
		{"not serving", with(says(grpc_health_v1.HealthCheckResponse_NOT_SERVING, 0)), "the service says of its health: NOT_SERVING", stages.Transient},
		{"no right", with(says(0, codes.PermissionDenied)), "", 0},
		{"not let in", with(says(0, codes.Unauthenticated)), "the service answered UNAUTHENTICATED to grpc.health.v1.Health/Check: correct metadata, or the rights of its user", stages.Fatal},
		{"down", with(says(0, codes.Unavailable)), "the service answered UNAVAILABLE to grpc.health.v1.Health/Check", stages.Transient},
	} {
		c := open(t, grpclookup.Config{Address: tc.address, Files: catalog(t), Metadata: map[string]lookup.Secret{"authorization": "x"}})
		err := c.Ping(t.Context())
		switch {
		case tc.want == "" && err == nil:
		case err == nil || err.Error() != tc.address+": "+tc.want || stages.ClassOf(err) != tc.class:
			t.Errorf("%s: class %d: %v, want %q", tc.name, stages.ClassOf(err), err, tc.want)
		}
	}
}

// healthy is a health service.
type healthy struct {
	grpc_health_v1.UnimplementedHealthServer

	answer func(context.Context) (grpc_health_v1.HealthCheckResponse_ServingStatus, error)
}

func (h *healthy) Check(ctx context.Context, _ *grpc_health_v1.HealthCheckRequest) (*grpc_health_v1.HealthCheckResponse, error) {
	s, err := h.answer(ctx)
	return &grpc_health_v1.HealthCheckResponse{Status: s}, err
}

func TestProbe(t *testing.T) {
	t.Parallel()
	for code, fatal := range map[codes.Code]bool{
		codes.OK: false, codes.Unimplemented: true, codes.Unauthenticated: true, codes.InvalidArgument: false, codes.Unavailable: false,
	} {
		l := asking(t, products(), func(context.Context, []byte) (string, error) {
			return `{"data": {}}`, status.Error(code, "")
		})
		if err := l.(interface{ Probe(context.Context) error }).Probe(t.Context()); (err != nil) != fatal {
			t.Errorf("%v: %v", code, err)
		}
	}
}
