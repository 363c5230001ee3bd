package bench

import (
	"path/filepath"
	"slices"
)

// Peers is the folder in which the programs of bench/peers are built: a copy of its files, with what Maven makes of them.
type Peers string

// PeerModules are the modules with programs. Their class paths differ.
func PeerModules() []string { return []string{"flink", "streams"} }

// ClassPath returns the file with the class path of a module's programs, as Java reads it after @.
func (dir Peers) ClassPath(module string) string { return filepath.Join(string(dir), module+".args") }

// processor returns the program that is a class of a module, with so many subtasks or threads.
func (dir Peers) processor(name, module, class, parallel string) Processor {
	return Processor{Name: name, Command: []string{
		"java", "@" + filepath.Join(string(dir), "java.args"), "@" + dir.ClassPath(module), "loaderline.peers." + module + "." + class,
		"-brokers", "{brokers}", "-jdbc", "{jdbc}", "-input", "{input}", "-output", "{output}", "-dead", "{dead}",
		"-group", "{group}", "-state", "{state}", "-parallel", parallel,
	}}
}

// processors returns the peers.
func (dir Peers) processors() []Processor {
	const restarting = "switched from state RUNNING to RESTARTING"
	list := []Processor{
		dir.processor("flink-sql", "flink", "Sql", "4"), dir.processor("flink-async", "flink", "Async", "2"),
		dir.processor("streams-cached", "streams", "Cached", "4"), dir.processor("streams-bulk", "streams", "Bulk", "4"),
	}
	list[0].Restart, list[1].Restart = restarting, restarting
	return list
}

// PeersShape is the name of the shape that compares rates and costs with the peers.
const PeersShape = "peers"

// PeerShapes returns the shapes that need Java: loaderline beside Flink and Kafka Streams, at work and under faults.
func PeerShapes(programs Programs, peers Peers) []Shape {
	const four = 4
	tuned, loaderline := Tuned(programs.Tuned, TunedOptions{Sessions: four}), Loaderline(programs.Loaderline, LoaderlineOptions{})
	static := Loaderline(programs.Loaderline, LoaderlineOptions{Name: "loaderline-static", Static: true})
	beside := func(own ...Processor) []Processor { return slices.Concat(own, peers.processors()) }
	return []Shape{
		{
			Name: PeersShape, Text: "as zipf, beside Flink and Kafka Streams",
			Processors: beside(tuned, loaderline, again(loaderline)),
			Missing: []Missing{
				{Name: "Flink as a cluster", Why: "it runs in one process, from its libraries in Maven Central; its distribution was not fetched"},
				{Name: "Flink SQL with bulk lookups", Why: "its JDBC connector looks up one key after the other"},
				{Name: "ksqlDB", Why: "it is not in Maven Central, and joins tables of Kafka, not of a database"},
			},
		},
		{
			Name: "malformed", Text: "one record of the input is cut off: " + malformed, Fault: Malformed, Processors: beside(loaderline),
		},
		{
			Name: "kill", Text: "kill -9 in the middle, and the same command again at once", Fault: Kill, Processors: beside(loaderline, static),
		},
	}
}
