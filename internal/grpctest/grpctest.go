// Package grpctest serves methods of gRPC for tests, by descriptors and without generated code.
package grpctest

import (
	"context"
	"net"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"
)

// Handler answers a request with a response, both as protojson has them: it reads messages independently of loaderline's own code.
type Handler func(ctx context.Context, request []byte) (response string, err error)

// New returns a server with one method, such as shop.Catalog/GetProducts.
func New(tb testing.TB, files *protoregistry.Files, method string, h Handler, opts ...grpc.ServerOption) *grpc.Server {
	tb.Helper()
	service, name, _ := strings.Cut(method, "/")
	found, err := files.FindDescriptorByName(protoreflect.FullName(service))
	if err != nil {
		tb.Fatal(err)
	}
	of := found.(protoreflect.ServiceDescriptor).Methods().ByName(protoreflect.Name(name))
	s := grpc.NewServer(opts...)
	s.RegisterService(&grpc.ServiceDesc{ServiceName: service, HandlerType: (*any)(nil), Methods: []grpc.MethodDesc{{
		MethodName: name,
		Handler: func(_ any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
			request, response := dynamicpb.NewMessage(of.Input()), dynamicpb.NewMessage(of.Output())
			if err := decode(request); err != nil {
				return nil, err
			}
			text, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(request)
			if err != nil {
				return nil, err
			}
			answer, err := h(ctx, text)
			if err != nil {
				return nil, err
			}
			return response, protojson.Unmarshal([]byte(answer), response)
		},
	}}}, nil)
	return s
}

// Reflect adds the reflection service to a server.
func Reflect(s *grpc.Server, files *protoregistry.Files) {
	grpc_reflection_v1.RegisterServerReflectionServer(s, reflection.NewServerV1(reflection.ServerOptions{Services: s, DescriptorResolver: files}))
}

// Listen starts a server, which ends with the test, and returns its address.
func Listen(tb testing.TB, s *grpc.Server) string {
	tb.Helper()
	listener, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve(listener) }()
	tb.Cleanup(func() {
		s.Stop()
		if err := <-done; err != nil {
			tb.Error(err)
		}
	})
	return listener.Addr().String()
}
