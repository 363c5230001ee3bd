package report

import (
	"encoding/xml"
	"fmt"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"
)

// The measures of the drawing, in pixels.
const (
	chartWidth = 960
	barsLeft   = 220 // names are left of it.
	barsRight  = 800 // values are right of it.
	barHeight  = 16
	barStep    = 22
	panelHead  = 44
	panelFoot  = 16
)

// chart draws a bar for each processor of some shapes: the median, with a line from the lowest to the highest round. Faults have none.
func (r Report) chart(shapes []Shape) string {
	height := panelHead
	drawn := slices.DeleteFunc(slices.Clone(shapes), func(s Shape) bool { return s.About == aboutFault })
	for _, s := range drawn {
		height += panelHead + barStep*len(s.Summaries) + panelFoot
	}
	var svg strings.Builder
	fmt.Fprintf(&svg, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">
<style>svg{background:#fff}text{fill:#333}.title{font-weight:bold}.other{fill:#9ab}.loaderline{fill:#06c}.spread{stroke:#222;stroke-width:1.5}.axis{stroke:#999}</style>
<text x="20" y="28" font-size="15">%s</text>
`, chartWidth, height, escaped(fmt.Sprintf("loaderline benchmark, %s: %d cores, Kafka %s, PostgreSQL %s, Go %s",
		r.Date, r.Environment.Cores, r.Environment.Kafka, r.Environment.Postgres, r.Environment.Go)))
	y := panelHead
	for _, s := range drawn {
		s.draw(&svg, y)
		y += panelHead + barStep*len(s.Summaries) + panelFoot
	}
	svg.WriteString("</svg>\n")
	return svg.String()
}

// draw draws one shape below y.
func (s Shape) draw(svg *strings.Builder, y int) {
	most := 0.0
	for i := range s.Summaries {
		most = max(most, s.drawn(&s.Summaries[i]).Highest)
	}
	x := func(value float64) float64 { return barsLeft + (barsRight-barsLeft)*value/max(most, 1e-9) }
	fmt.Fprintf(svg, "<text x=\"20\" y=\"%d\"><tspan class=\"title\">%s, %s</tspan> %s</text>\n",
		y+26, escaped(s.Name), s.unit(), escaped(s.Text))
	top := y + panelHead
	for i := range s.Summaries {
		p := &s.Summaries[i]
		value := s.drawn(p)
		class, at := "other", top+barStep*i
		if strings.HasPrefix(p.Processor, "loaderline") {
			class = "loaderline"
		}
		middle := at + barHeight/2
		fmt.Fprintf(svg, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>\n", barsLeft-8, middle+4, escaped(p.Processor))
		fmt.Fprintf(svg, "<rect class=%q x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\"/>\n", class, barsLeft, at, x(value.Median)-barsLeft, barHeight)
		fmt.Fprintf(svg, "<line class=\"spread\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%[3]d\"/>\n", x(value.Lowest), x(value.Highest), middle)
		fmt.Fprintf(svg, "<text x=\"%d\" y=\"%d\">%s</text>\n", barsRight+8, middle+4, escaped(s.label(p)))
	}
	fmt.Fprintf(svg, "<line class=\"axis\" x1=\"%d\" x2=\"%[1]d\" y1=\"%d\" y2=\"%d\"/>\n", barsLeft, top-4, top+barStep*len(s.Summaries))
}

// drawn is the value that the bars are of.
func (s Shape) drawn(p *Summary) Spread {
	switch s.About {
	case aboutLatency:
		return p.P99
	case aboutStart:
		return p.FirstOutput
	default:
		return p.Rate
	}
}

func (s Shape) unit() string {
	switch s.About {
	case aboutLatency:
		return "99th percentile in ms (less is better)"
	case aboutStart:
		return "seconds (less is better)"
	default:
		return "events/s"
	}
}

// label is the median as text.
func (s Shape) label(p *Summary) string {
	if p.Failed == p.Runs {
		return "failed"
	}
	switch s.About {
	case aboutLatency:
		return fmt.Sprintf("%.0f ms", p.P99.Median)
	case aboutStart:
		return fmt.Sprintf("%.2f s", p.FirstOutput.Median)
	default:
		return humanize.Comma(int64(p.Rate.Median))
	}
}

func escaped(text string) string {
	var to strings.Builder
	_ = xml.EscapeText(&to, []byte(text)) // A strings.Builder takes all.
	return to.String()
}
