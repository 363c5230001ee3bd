package bench

import (
	_ "embed"
	"fmt"
	"strings"
	"text/template"
)

// Processor is a program to measure. In its arguments and its file a run replaces these words:
//
//	{brokers} {dsn} {input} {output} {dead} {group}
//	{http}  a free address, at which it serves /metrics as client_golang's Go collector does
//	{schema}  a file with the Avro schema of the events
//	{users}  a compacted topic with the users of the shop
//	{state}  a folder of the run, which is there again when the program starts again
//
// and, in the arguments alone, {file} for the path of its file, and {jdbc} for the database as a URL of JDBC.
type Processor struct {
	// Name is what the results call it. Required.
	Name string
	// Command is the program and its arguments. It reads the input from its first record on as a member of the group,
	// writes the output, and ends in order on SIGTERM. If it knows how many bytes it has allocated, its last line on
	// standard output is "allocated_bytes N". Required.
	Command []string
	// File is the text of a file that is written for each process. Defaults to none.
	File string
	// OwnOutputs says that its outputs differ from the outputs of the workload: they are counted, and not compared.
	OwnOutputs bool
	// Avro reports whether its input is Avro, without IDs of schemas. Defaults to JSON.
	Avro bool
	// Processes is how many run at once, as members of one group; they are measured together. Defaults to 1.
	Processes int
	// Events is the most that it is given, for a slow one. Defaults to no limit.
	Events int
	// Partitions is the number of partitions of each of its topics. Defaults to the bench's.
	Partitions int
	// Wide is what its events hold besides. Defaults to nothing.
	Wide Wide
	// AtLeastOnce reports whether it may repeat outputs.
	AtLeastOnce bool
	// Restart is what it prints to standard error whenever it restarts within its process. Defaults to nothing.
	Restart string
}

// delivery is the delivery as the results call it.
func (p Processor) delivery() string {
	if p.AtLeastOnce {
		return "at least once"
	}
	return "exactly once"
}

// TunedOptions choose what [Tuned] runs.
type TunedOptions struct {
	// Sessions is how many share the cache. Defaults to 1.
	Sessions int
	// Batch is the most records that a session polls. Defaults to 5,000.
	Batch int
	// Preload caches all users before the first poll: the processor is then named ceiling.
	Preload bool
	// AtLeastOnce commits offsets after the outputs, not with them.
	AtLeastOnce bool
}

// Tuned returns the hand-written program at path.
func Tuned(path string, o TunedOptions) Processor {
	sessions, batch := max(o.Sessions, 1), o.Batch
	if batch == 0 {
		batch = 5_000
	}
	p := Processor{Name: "tuned", Command: []string{
		path, "-brokers", "{brokers}", "-dsn", "{dsn}", "-input", "{input}", "-output", "{output}", "-group", "{group}",
		"-sessions", fmt.Sprint(sessions), "-batch", fmt.Sprint(batch),
	}}
	if o.Preload {
		p.Name = "ceiling"
		p.Command = append(p.Command, "-preload")
	}
	if sessions > 1 {
		p.Name += fmt.Sprintf("-%d", sessions)
	}
	if o.AtLeastOnce {
		p = atLeastOnce(p)
		p.Command = append(p.Command, "-delivery", "at_least_once")
	}
	return p
}

// Naive returns the program at path that enriches one event at a time, for as many as it does within a minute.
func Naive(path string) Processor {
	return Processor{Name: "naive", AtLeastOnce: true, Events: 2_000, Command: []string{
		path, "-brokers", "{brokers}", "-dsn", "{dsn}", "-input", "{input}", "-output", "{output}", "-group", "{group}",
	}}
}

// LoaderlineOptions choose what [Loaderline] runs.
type LoaderlineOptions struct {
	// Name defaults to loaderline, with what Workers and AtLeastOnce say.
	Name string
	// Workers of each process. Defaults to 4.
	Workers int
	// Processes share the group. Defaults to 1.
	Processes int
	// Total, Memory, MaxRecords and Linger are memory, cache.memory, batch.max_records and batch.linger. They default to
	// loaderline's own defaults.
	Total      string
	Memory     string
	MaxRecords int
	Linger     string
	// Preload caches all rows before the first event.
	Preload bool
	// AtLeastOnce is output.delivery.
	AtLeastOnce bool
	// Static is kafka.static_membership.
	Static bool
	// UserOnly leaves out all stages but that of the user. Table takes the user from a topic, and not from the database; it needs
	// UserOnly.
	UserOnly, Table bool
	// Source is output.source. Defaults to loaderline's own default.
	Source string
	// Output is more of the section output, such as value: {id: event.event_id}. Defaults to nothing.
	Output string
	// Avro reads Avro.
	Avro bool
	// Profile records a CPU profile of each process, for [Bench.Profile].
	Profile bool
	// Partitions, Events and Wide are as in [Processor]. With Wide.Keys, a stage looks up the users of the list.
	Partitions, Events int
	Wide               Wide
	// Stages is the number of stages. Those beyond the workload's three look the user up once more. Defaults to 3.
	Stages int
}

// moreStage is a stage that the workload does not have.
type moreStage struct{ Name, By string }

// moreStages returns the stages that the workload does not have. They are chains of three: the first of each has its key from
// the event, the others from the stage before.
func (o LoaderlineOptions) moreStages() (list []moreStage) {
	const workload, chain = 3, 3
	for n := workload + 1; n <= o.Stages; n++ {
		by := "event.user_id"
		if n%chain != 1 {
			by = fmt.Sprintf("user_%d.id", n-1)
		}
		list = append(list, moreStage{fmt.Sprintf("user_%d", n), by})
	}
	return list
}

//go:embed loaderline.yaml
var loaderlineText string

var loaderlineFile = template.Must(template.New("loaderline.yaml").Parse(loaderlineText))

// Loaderline returns the loaderline binary at path.
func Loaderline(path string, o LoaderlineOptions) Processor {
	if o.Workers == 0 {
		o.Workers = 4
	}
	p := Processor{
		Name: "loaderline", Processes: o.Processes, Avro: o.Avro, Partitions: o.Partitions, Events: o.Events, Wide: o.Wide,
		OwnOutputs: o.Output != "" || o.Avro || o.UserOnly || o.Stages > 0 || o.Wide.Keys > 0, Command: []string{path, "run", "{file}"},
	}
	if o.Profile {
		p.Command = append(p.Command, "--cpu-profile", "{file}"+profileSuffix)
	}
	if o.Workers != 4 {
		p.Name += fmt.Sprintf("-%d", o.Workers)
	}
	if o.AtLeastOnce {
		p = atLeastOnce(p)
	}
	if o.Name != "" {
		p.Name = o.Name
	}
	var file strings.Builder
	if err := loaderlineFile.Execute(&file, struct {
		LoaderlineOptions

		MoreStages []moreStage
	}{o, o.moreStages()}); err != nil {
		panic(err) // The template takes all options.
	}
	p.File = file.String()
	return p
}

// atLeastOnce returns the processor as one that may repeat outputs.
func atLeastOnce(p Processor) Processor {
	p.Name, p.AtLeastOnce = p.Name+"-at-least-once", true
	return p
}
