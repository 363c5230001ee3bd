// Package session is the Kafka session of a pipeline: group membership, micro-batches, transactions and offsets. It
// does not depend on what is looked up or published.
//
// A worker owns one Session and runs one loop:
//
//	for {
//		batch, err := session.Poll(ctx)
//		// Look up, make the outcomes of every record of the batch.
//		committed, err := session.Commit(ctx, outcomes)
//	}
//
// Guarantees with consumer.ExactlyOnce: the records given to Commit and the offsets of the batch become visible
// together or not at all, to readers that use read_committed. A batch is held from Poll to Commit or GiveBack, and no
// rebalance revokes partitions in between. A batch whose Commit returned false, or that was given back, is polled
// again, by this member or by the partitions' next owner.
//
// Guarantees with consumer.AtLeastOnce: offsets are committed only after every record
// given to Commit was acknowledged by all in-sync replicas.
//
// Not guaranteed: a batch that is held for longer than the rebalance timeout
// loses its partitions, and its commit is then refused. Records that were
// published with consumer.AtLeastOnce before a crash are published again after it.
package session
