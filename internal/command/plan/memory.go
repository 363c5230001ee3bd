package plan

import (
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/plural"
)

// Memory says how the memory of a run is divided. The rest of it is for the workers.
type Memory struct {
	Bytes   int64         `json:"bytes"`
	Process int64         `json:"process"`
	Cache   int64         `json:"cache"`
	Disk    int64         `json:"disk,omitempty"`   // for the cache on disk
	Tables  []TableMemory `json:"tables,omitempty"` // of sources that are topics or files
	Worker  WorkerMemory  `json:"worker"`           // of each
}

// TableMemory is the most memory of a source.
type TableMemory struct {
	Source string `json:"source"`
	Bytes  int64  `json:"bytes"`
}

// WorkerMemory bounds what a worker has at once.
type WorkerMemory struct {
	MaxRecords  int   `json:"max_records"`  // of a micro-batch
	MaxBytes    int64 `json:"max_bytes"`    // of a micro-batch
	OutputBytes int64 `json:"output_bytes"` // of a transaction
}

// memoryOf is nil if the file sets no memory.
func memoryOf(f *pipelinefile.File) *Memory {
	if f.Memory == 0 {
		return nil
	}
	m := &Memory{
		Bytes: f.Memory, Process: pipelinefile.ProcessMemory, Cache: f.Cache.Memory,
		Worker: WorkerMemory{f.Batch.MaxRecords, f.Batch.MaxBytes, f.Batch.MaxOutput},
	}
	if f.Cache.Disk != nil {
		m.Disk = f.Cache.Disk.Memory
	}
	for _, s := range f.Sources {
		if table, is := s.TableMemory(); is {
			m.Tables = append(m.Tables, TableMemory{s.Name, *table.Bytes})
		}
	}
	return m
}

// text says it in a sentence.
func (m *Memory) text(workers int) string {
	size := func(bytes int64) string { return humanize.IBytes(uint64(bytes)) }
	parts := []string{size(m.Process) + " for the process", size(m.Cache) + " for cached rows"}
	if m.Disk > 0 {
		parts = append(parts, size(m.Disk)+" for the cache on disk")
	}
	for _, t := range m.Tables {
		parts = append(parts, size(t.Bytes)+" for "+t.Source)
	}
	return fmt.Sprintf("%s: %s, and the rest for %s with micro-batches of up to %s and %s, and %s of records to publish", size(m.Bytes), strings.Join(parts, ", "),
		plural.Count(workers, "worker"), plural.Count(m.Worker.MaxRecords, "event"), size(m.Worker.MaxBytes), size(m.Worker.OutputBytes))
}
