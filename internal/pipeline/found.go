package pipeline

import (
	"bytes"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/loaderline/loaderline/stages"
)

// Found is what a stage has for one event.
type Found struct {
	Rows  int
	Stale time.Duration // how old the oldest row is that was served past its time
}

// Found says what each stage has for an event, in the order of the file.
func (p *Pipeline) Found(row stages.Row[Document]) []Found {
	all := make([]Found, len(p.nodes))
	for i, n := range p.nodes {
		if !n.List {
			all[i].add(n, n.one.Of(row))
			continue
		}
		if list := n.each.Of(row); list.State == stages.Loaded {
			for _, element := range list.Value.All() {
				all[i].add(n, element)
			}
		}
	}
	return all
}

// add counts the answer for one key.
func (f *Found) add(n *node, r stages.Result[*Fragment]) {
	if r.State != stages.Loaded {
		return
	}
	f.Stale = max(f.Stale, r.Stale)
	if n.Many {
		f.Rows += elements(r.Value.json)
	} else {
		f.Rows++
	}
}

// elements is the length of a list.
func elements(list []byte) int {
	d := jsontext.NewDecoder(bytes.NewReader(list))
	if _, err := d.ReadToken(); err != nil {
		return 0
	}
	n := 0
	for d.PeekKind() != ']' {
		if d.SkipValue() != nil {
			return n
		}
		n++
	}
	return n
}
