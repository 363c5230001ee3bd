package main

import (
	"io"

	"google.golang.org/grpc/grpclog"
)

// The gRPC driver's logger is the process's. What it says of connections stands in the errors of the calls, in words without addresses.
func init() { grpclog.SetLoggerV2(grpclog.NewLoggerV2(io.Discard, io.Discard, io.Discard)) }
