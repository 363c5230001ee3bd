// Package kafkaadmin makes clients, and asks and changes what a cluster knows
// about topics and groups: partitions, IDs, limits, start and end offsets,
// committed offsets.
package kafkaadmin
