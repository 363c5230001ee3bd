// Package grpclookup looks keys up by a unary method of a gRPC service that takes many keys in one request.
//
// The service's descriptors come from files, or from its reflection service. Messages are JSON to the outside, by the JSON mapping of
// Protobuf with fields by their names in the .proto file, and integers of 64 bits as numbers.
//
// # Answers
//
// Somewhere in the response message is a repeated field with the rows, or a map field whose keys are the keys. Each row names its key,
// so order, gaps and repetitions do not matter. A key without a row is missing. A row that nobody asked for is counted. A row can hold
// an error, which fails its key alone: a google.rpc.Status, or a code of gRPC by its number or its name.
//
// # Errors
//
// Errors are classified for the engine (see stages.ClassOf). The code of an error is that of gRPC, in capital letters.
//
//   - INVALID_ARGUMENT, FAILED_PRECONDITION, OUT_OF_RANGE and ALREADY_EXISTS are permanent: some key is at fault. The engine looks for
//     it by halves. So are requests and responses that are too large.
//   - A code of Query.Missing says that keys are missing. The engine bisects the call, and a key that is asked for alone is missing.
//   - UNAUTHENTICATED, PERMISSION_DENIED, UNIMPLEMENTED, NOT_FOUND and blocked addresses are fatal: the configuration or the query is at
//     fault.
//   - A response that is not the message of its method is unusable.
//   - All others are transient, timeouts and lost connections among them. After a RESOURCE_EXHAUSTED or an UNAVAILABLE a stages.Backend
//     leaves the service alone for as long as its google.rpc.RetryInfo asks, a day at most. A RESOURCE_EXHAUSTED without it means a
//     second.
//
// # Safety
//
// A dial to a link-local address, or to a metadata service of a cloud, is refused whatever name led there. Proxies of the environment
// and service configurations of the DNS are not used. Config bounds a response. No error shows metadata or a message of the service,
// which may hold keys.
//
// The driver reports errors through its own logger, which belongs to the process. Set it by grpclog.SetLoggerV2 in main.
package grpclookup
