// Package stages enriches batches of events through a plan of bulk lookups that depend on each other: users, their
// purchases, the reviews of the products they bought.
//
// A Loader turns the keys that a batch wants into few bulk calls of a Source. A Plan says which keys each stage wants:
// of the event (By, ByEach), or of the values of an earlier stage (Then, ThenEach). A stage can only be written after the
// stages that it depends on, so there are no cycles, and it starts when its own keys are known, whatever the others do.
//
// # What is guaranteed
//
//   - A key is loaded once in a run, however many rows and stages want it, with or without a cache.
//   - A key that is being loaded for one run is awaited by others, never loaded twice at a time. A run that is cancelled
//     hurts no other that waits for the same keys, and nobody joins a load that is ending.
//   - Each key has its own outcome: Loaded, Missing, Failed or Blocked. One bad key never fails its batch; a
//     failed stage blocks only what depends on it.
//   - Transient errors are tried again, for unsettled keys only. A call that dies of single keys is bisected.
//   - A panic in a source fails its keys, never the process.
//   - When a backend does not respond at all, no key fails: Rows.Err says that there is an outage.
//
// # What is not
//
// A Source may see a key again, in a retry or after its value has left the cache: lookups are reads.
//
// The package knows neither Kafka nor JSON nor SQL.
package stages
