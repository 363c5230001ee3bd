package grpclookup_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/reflection/grpc_reflection_v1alpha"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/loaderline/loaderline/internal/grpctest"
	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/grpclookup"
	"github.com/loaderline/loaderline/stages/lookup"
)

// reflecting adds reflection services to a server.
func reflecting(t *testing.T, s *grpc.Server, v1, v1alpha bool) string {
	t.Helper()
	if v1 {
		grpctest.Reflect(s, catalog(t))
	}
	if v1alpha {
		options := reflection.ServerOptions{Services: s, DescriptorResolver: catalog(t)}
		grpc_reflection_v1alpha.RegisterServerReflectionServer(s, reflection.NewServer(options))
	}
	return grpctest.Listen(t, s)
}

func TestReflection(t *testing.T) {
	t.Parallel()
	for name, versions := range map[string][2]bool{"v1": {true, false}, "v1alpha": {false, true}, "both": {true, true}} {
		s := newServer(t, says(`{"data": {"items": [{"id": 1, "name": "a", "status": {}}]}}`))
		q := products()
		q.Value, q.Error = "name", "status"
		l := prepare(t, open(t, grpclookup.Config{Address: reflecting(t, s, versions[0], versions[1])}), q)
		if got := outcome(load(t, l, "1").Result(0)); got != `"a"` {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestReflectionThatDoesNotHelp(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, address, method string
		class                 stages.Class
		want                  string
	}{
		{"none", grpctest.Listen(t, newServer(t, nil)), method, stages.Fatal, "reflection: the service has no reflection service: write descriptor with the file that has its descriptors"},
		{"another service", reflecting(t, newServer(t, nil), true, false), "shop.Catalogue/GetProducts", stages.Fatal, "method: there is no service shop.Catalogue; there are grpc.reflection.v1.ServerReflection, shop.Catalog"},
		{"another method", reflecting(t, newServer(t, nil), true, false), "shop.Catalog/Get", stages.Fatal, "method: the service shop.Catalog has no method Get; it has GetProducts, Watch"},
		{"nobody", closed(t), method, stages.Transient, "cannot connect to the service: connection refused"},
		{"not let in", refusing(t, status.Error(codes.Unauthenticated, "canary")), method, stages.Fatal, "the service answered UNAUTHENTICATED to grpc.reflection.v1.ServerReflection/ServerReflectionInfo: correct metadata, or the rights of its user"},
		{"a sudden end", refusing(t, nil), method, stages.Transient, "the service answered UNKNOWN to grpc.reflection.v1.ServerReflection/ServerReflectionInfo"},
		{"lost imports", sending(t, &descriptorpb.FileDescriptorProto{Name: new("a.proto"), Dependency: []string{"b.proto"}}), method, stages.Fatal, "reflection: the descriptors of the service cannot be used: a.proto imports b.proto, which is missing"},
		{"no descriptor", sending(t, nil), method, stages.Fatal, "reflection: the reflection service sends what is no descriptor"},
	} {
		q := products()
		q.Name, q.Method = "product", tc.method
		_, err := open(t, grpclookup.Config{Address: tc.address}).Lookup(t.Context(), q)
		if err == nil || !strings.HasPrefix(err.Error(), "stage product: "+tc.want) || stages.ClassOf(err) != tc.class {
			t.Errorf("%s: class %d: %v, want %s", tc.name, stages.ClassOf(err), err, tc.want)
			continue
		}
		if _, is := errors.AsType[lookup.Error](err); !is {
			t.Errorf("%s: %v is no lookup.Error", tc.name, err)
		}
		if setting, is := errors.AsType[*lookupext.SettingError](err); is && !strings.HasPrefix(tc.want, setting.Setting) {
			t.Errorf("%s: the setting is %s", tc.name, setting.Setting)
		}
	}
}

// scripted is a reflection service that answers each request in the same way.
type scripted struct {
	grpc_reflection_v1.UnimplementedServerReflectionServer

	answer func(grpc_reflection_v1.ServerReflection_ServerReflectionInfoServer) error
}

func (s scripted) ServerReflectionInfo(stream grpc_reflection_v1.ServerReflection_ServerReflectionInfoServer) error {
	return s.answer(stream)
}

// refusing is a reflection service that ends each stream.
func refusing(t *testing.T, err error) string {
	t.Helper()
	s := newServer(t, nil)
	grpc_reflection_v1.RegisterServerReflectionServer(s, scripted{answer: func(grpc_reflection_v1.ServerReflection_ServerReflectionInfoServer) error { return err }})
	return grpctest.Listen(t, s)
}

// sending is a reflection service that knows one file for the service, and no other. nil is what is no file.
func sending(t *testing.T, file *descriptorpb.FileDescriptorProto) string {
	t.Helper()
	raw := []byte("canary")
	if file != nil {
		var err error
		if raw, err = proto.Marshal(file); err != nil {
			t.Fatal(err)
		}
	}
	s := newServer(t, nil)
	grpc_reflection_v1.RegisterServerReflectionServer(s, scripted{answer: func(stream grpc_reflection_v1.ServerReflection_ServerReflectionInfoServer) error {
		for {
			request, err := stream.Recv()
			if err != nil {
				return context.Cause(stream.Context())
			}
			response := &grpc_reflection_v1.ServerReflectionResponse{MessageResponse: &grpc_reflection_v1.ServerReflectionResponse_ErrorResponse{
				ErrorResponse: &grpc_reflection_v1.ErrorResponse{ErrorCode: int32(codes.NotFound)},
			}}
			if request.GetFileContainingSymbol() != "" {
				response.MessageResponse = &grpc_reflection_v1.ServerReflectionResponse_FileDescriptorResponse{
					FileDescriptorResponse: &grpc_reflection_v1.FileDescriptorResponse{FileDescriptorProto: [][]byte{raw}},
				}
			}
			if err := stream.Send(response); err != nil {
				return err
			}
		}
	}})
	return grpctest.Listen(t, s)
}
