// Package topicfollow reads every partition of topics, including partitions that are added later, and belongs to no group. It
// knows up to which moment everything that was committed has been applied.
//
// A Handler says where the reading begins and applies what is read. So a cache can follow what changed since it was filled, and a
// table can read a topic whole.
package topicfollow
