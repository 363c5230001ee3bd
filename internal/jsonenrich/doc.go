// Package jsonenrich is the hot path of a pipeline file: it decodes events into Documents and rows into Fragments, finds the
// keys of stages in them, and encodes events with the results of their stages. JSON passes through byte for byte.
//
// A caller builds it once, in this order. It adds what is looked for in events to a [Decoder], and what is looked for in
// the rows of a loader to [Fragments]. It makes a [Node] for each stage and nests it in the node whose result holds its
// own. It adds the nodes to the plan with [SingleKeys], [ListedKeys] and [Condition]. Then it makes the Encoder, and
// Compile completes the Decoder. From then on all methods are safe for concurrent use.
//
// # Who owns bytes
//
// No slice is copied without need, so every slice of bytes has one of these owners, and lives as long as it:
//
//   - The record. Document.value and the keys of a Document are in the record's value, until the record is released.
//   - The Fragment. Its JSON and its keys never change, and may be in the cache. Whoever holds the Fragment may read them.
//   - The renderer. It encodes the results of one row into scratch memory, which the next row overwrites.
//   - The outputs of a run. Each output is in one of their blocks, which the next runs reuse once this one is published. The
//     results that rows of the run share are the end of their first output, or have a place of their own in a block: see
//     encoded.
//   - The slab of Reuse. Key and results are in a block of it, where they never change: an event with the same keys gets its
//     results from there, also after the slab has dropped the block.
//
// A record returned by Encode is thus valid until the next row of its run. What package sink makes of it is in memory of its
// own.
package jsonenrich
