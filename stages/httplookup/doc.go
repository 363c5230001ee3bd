// Package httplookup looks keys up by bulk requests to an HTTP service that speaks JSON: a POST with all keys in its body, or a GET
// with all keys in one parameter. Where a service knows one key a request, Query.One makes a request for each.
//
// # Answers
//
// The answer is JSON. Somewhere in it is a list of items, or an object whose names are the keys. Each item names its key, so
// order, gaps and repetitions do not matter. An empty answer and a 204 mean an empty list. A key without an item is missing.
// An item that nobody asked for is counted. An item can hold an error, which fails its key alone. An item without a key
// could be of any key, so the keys that have no other item fail and are not missing.
//
// # Errors
//
// Errors are classified for the engine (see stages.ClassOf):
//
//   - 400, 413, 414, 422 and other statuses of 4xx are permanent: some key is at fault. The engine looks for it by halves.
//   - An answer that does not have the query's form is unusable: HTML, another charset, no list, 206 and 207.
//   - A status of Query.Missing says that keys are missing. The engine bisects the call, and a key that is asked for alone is missing.
//   - 401, 403, 404, 405, 406, 407, 410, 415, redirects and blocked addresses are fatal: the configuration or the query is at fault.
//     If a request asks for one key, 404 and 410 mean that the key is missing, and of the others all but 401 and 407 are unusable,
//     since they may be about that key alone.
//   - 408, 425, 429, 5xx, timeouts and lost connections are transient. After a 429 or a 503 a stages.Backend leaves the service alone
//     for as long as Retry-After asks, a day at most. A 429 without it means a second.
//
// # Safety
//
// A pipeline must not be a way into the network that it runs in. The host is the configured one. Keys are in the body, or
// escaped in the parameter or path, and nowhere else. A dial to a link-local address, or to a metadata service of a cloud, is
// refused whatever name led there. Redirects are not followed. Proxies of the environment are not used. Config bounds an
// answer after its decompression.
package httplookup
