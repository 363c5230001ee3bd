package grpclookup

import (
	"context"
	"errors"
	"io"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/loaderline/loaderline/internal/format/protobuf"
	"github.com/loaderline/loaderline/internal/serviceerr"
)

// The method of the reflection service. Both versions have the same messages.
const (
	reflectionV1      = "grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
	reflectionV1Alpha = "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
)

// What the service may say of itself at most.
const (
	maxReflectedFiles = 500
	maxReflectedBytes = 16 << 20
)

// reflect asks the service for the descriptors of one of its services.
func (c *client) reflect(ctx context.Context, service string) (*protoregistry.Files, error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	var err error
	for _, method := range []string{reflectionV1, reflectionV1Alpha} {
		var files *protoregistry.Files
		if files, err = c.reflectBy(ctx, method, service); err == nil {
			return files, nil
		}
		failed, is := errors.AsType[*callError](err)
		if !is {
			return nil, err
		}
		if failed.status.Code() != codes.Unimplemented {
			return nil, c.failure(ctx, failed, method, 0)
		}
	}
	return nil, serviceerr.Invalid(wrong("reflection", "the service has no reflection service: write descriptor with the file that has its descriptors"))
}

// reflection is a conversation with the reflection service.
type reflection struct {
	stream grpc.ClientStream
	files  map[string]*descriptorpb.FileDescriptorProto
	size   int
}

// reflectBy asks by one version of the reflection service. The error of the call is a *callError.
func (c *client) reflectBy(ctx context.Context, method, service string) (*protoregistry.Files, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // It ends the stream.
	ctx, p := c.outgoing(ctx)
	stream, err := c.conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}, "/"+method)
	if err != nil {
		return nil, newCallError(p, err)
	}
	r := &reflection{stream: stream, files: map[string]*descriptorpb.FileDescriptorProto{}}
	err = r.collect(service)
	if _, said := errors.AsType[*serviceerr.Error](err); err != nil && !said {
		return nil, newCallError(p, err)
	}
	if err != nil {
		return nil, err
	}
	var all []*descriptorpb.FileDescriptorProto
	for _, f := range r.files {
		all = append(all, f)
	}
	files, err := protobuf.NewFiles(all)
	if err != nil {
		return nil, serviceerr.Invalid(wrong("reflection", "the descriptors of the service cannot be used: %v", err))
	}
	return files, nil
}

// collect gets the file of a service, and all that it imports.
func (r *reflection) collect(service string) error {
	symbol := &grpc_reflection_v1.ServerReflectionRequest{MessageRequest: &grpc_reflection_v1.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: service}}
	known, err := r.ask(symbol)
	if err != nil {
		return err
	}
	if !known {
		return r.unknownService(service)
	}
	for asked := map[string]bool{}; ; {
		name := r.missing(asked)
		if name == "" {
			return nil
		}
		asked[name] = true
		// What the service does not have may be built in.
		file := &grpc_reflection_v1.ServerReflectionRequest{MessageRequest: &grpc_reflection_v1.ServerReflectionRequest_FileByFilename{FileByFilename: name}}
		if _, err := r.ask(file); err != nil {
			return err
		}
	}
}

// missing is a file that is imported and was not asked for.
func (r *reflection) missing(asked map[string]bool) string {
	for _, f := range r.files {
		for _, name := range f.GetDependency() {
			if r.files[name] == nil && !asked[name] {
				return name
			}
		}
	}
	return ""
}

// exchange sends a request and receives the response.
func (r *reflection) exchange(request *grpc_reflection_v1.ServerReflectionRequest) (*grpc_reflection_v1.ServerReflectionResponse, error) {
	if err := r.stream.SendMsg(request); err != nil && err != io.EOF { //nolint:errorlint // It is never wrapped.
		return nil, err
	}
	var response grpc_reflection_v1.ServerReflectionResponse
	if err := r.stream.RecvMsg(&response); err != nil {
		return nil, err
	}
	return &response, nil
}

// ask asks for files, and keeps them. It returns false if the service does not know what was asked for.
func (r *reflection) ask(request *grpc_reflection_v1.ServerReflectionRequest) (known bool, err error) {
	response, err := r.exchange(request)
	if err != nil {
		return false, err
	}
	for _, raw := range response.GetFileDescriptorResponse().GetFileDescriptorProto() {
		file := new(descriptorpb.FileDescriptorProto)
		if r.size += len(raw); r.size > maxReflectedBytes || len(r.files) >= maxReflectedFiles {
			return false, serviceerr.Invalid(wrong("reflection", "the descriptors of the service are more than %d files, or %d bytes", maxReflectedFiles, maxReflectedBytes))
		}
		if err := proto.Unmarshal(raw, file); err != nil {
			return false, serviceerr.Invalid(wrong("reflection", "the reflection service sends what is no descriptor"))
		}
		r.files[file.GetName()] = file
	}
	switch code := codes.Code(response.GetErrorResponse().GetErrorCode()); {
	case response.GetErrorResponse() == nil:
		return true, nil
	case code == codes.NotFound:
		return false, nil
	default:
		return false, &serviceerr.Error{Status: nameOfCode(code), Message: "the reflection service answered " + nameOfCode(code)}
	}
}

// unknownService says which services there are.
func (r *reflection) unknownService(service string) error {
	response, err := r.exchange(&grpc_reflection_v1.ServerReflectionRequest{MessageRequest: &grpc_reflection_v1.ServerReflectionRequest_ListServices{}})
	if err != nil {
		return err
	}
	var there []string
	for _, s := range response.GetListServicesResponse().GetService() {
		there = append(there, s.GetName())
	}
	return serviceerr.Invalid(wrong("method", "there is no service %s; there are %s", service, listed(there)))
}
