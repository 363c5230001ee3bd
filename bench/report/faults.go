package report

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/dustin/go-humanize"
)

// writeFaults writes what came of a fault, a line for each processor.
func (s Shape) writeFaults(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "processor\tdelivery\tevents with an output\tlost\trepeated\tdead letters\tnext output s\twhat it did")
	for _, r := range s.Runs {
		if r.After == nil {
			_, _ = fmt.Fprintf(table, "%s\t%s\t-\t-\t-\t-\t-\tFAILED\n", r.Processor, r.Delivery)
			continue
		}
		did := r.After.What()
		if r.Verdict != "" {
			did += ", with WRONG outputs"
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%d\t%s\t%s\n", r.Processor, r.Delivery, humanize.Comma(int64(r.After.Outputs)),
			humanize.Comma(int64(r.After.Lost)), r.Repeated, r.After.Dead, known(r.After.Next, "%.1f"), did)
	}
	return table.Flush()
}
