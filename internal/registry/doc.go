// Package registry is a client of schema registries that have Confluent's API, such as Apicurio's at /apis/ccompat/v7.
//
// A Client makes one request for each call, and asks the next of its URLs if one is away. Its errors are of the kinds ErrAway,
// ErrUnauthorized and so on, and say what to do. Their class, by stages.ClassOf, says whether waiting helps. Responses are bounded in
// size and time. No redirect is followed, since credentials would go along with it.
//
// IDs are those of Confluent's API: numbers and GUIDs. Apicurio's global IDs are found by its own API, which is beside it.
//
// A Resolver keeps what records need: the schemas of their IDs. IDs never change their schema, so nothing is fetched twice. It is
// made for loaderline.Config.Prepare: an outage of the registry pauses a run, and makes no dead letter.
package registry
