// Package httplookup answers lookups by bulk requests to an HTTP service that speaks JSON: a POST with all keys in its
// body, or a GET with all keys in one parameter.
//
// The answer is JSON with a list of items somewhere in it, or with an object whose names are the keys. Each item names its key, so
// order, gaps and repetitions do not matter. An empty answer and a 204 mean an empty list. A key without an item is missing, and an
// item that nobody asked for is counted. An item can hold an error of its own, which fails its key alone. An item without a key
// makes the keys that have no other item fail and not be missing, since it could be of any of them.
//
// Errors are classified for the engine (see stages.ClassOf):
//
//   - 400, 413, 414, 422 and other statuses of 4xx are permanent: some key is at fault, and is looked for by halves;
//   - an answer that does not have the query's form is unusable: HTML, another charset, no list, 206 and 207;
//   - a status of Query.Missing says that keys are missing: the call is bisected, and a key that stands alone is missing;
//   - 401, 403, 404, 405, 406, 407, 410, 415, redirects and blocked addresses are fatal: the file is at fault;
//   - 408, 425, 429, 5xx, timeouts and lost connections are transient. An Error of a
//     429 or 503 knows how long the service asks to be left alone.
//
// A pipeline must not be a way into the network that it runs in. The host is the configured one; keys stand in the body or
// escaped in the parameter, and nowhere else; link-local addresses and those of clouds' metadata services are refused when
// they are dialled, whatever name led there; redirects are not followed and proxies of the environment not used; an answer is
// bounded after its decompression.
package httplookup
