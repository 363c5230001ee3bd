package pipeline

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/jsonenrich"
	"github.com/loaderline/loaderline/internal/loaderr"
	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/sink"
	"github.com/loaderline/loaderline/stages"
)

// judge returns what the results of all stages mean for an event. It looks at them in the order of the file, and the first
// stage that drops or fails the event decides.
func (c *compiler) judge(row stages.Row[jsonenrich.Document]) jsonenrich.Verdict {
	var j judgment
	for _, n := range c.nodes {
		missing, stale, err := n.outcome(row)
		if stale > 0 {
			j.degraded = append(j.degraded, fmt.Sprintf("%s=stale:%ds", n.Name, int(stale.Seconds())))
		}
		switch {
		case err != nil:
			j.failed(n, err, c.outage(n, err, row))
		case missing != nil:
			j.missing(n, missing)
		}
		if j.verdict.Failure != nil || j.verdict.Drop {
			return j.verdict
		}
	}
	j.verdict.Degraded = strings.Join(j.degraded, ",")
	return j.verdict
}

// judgment is what the stages so far mean for an event.
type judgment struct {
	verdict   jsonenrich.Verdict
	degraded  []string
	transient bool // a failure by which the event is degraded may be over at another time
}

// failed adds a stage that has failed. The way is what on_outage says, empty where the failure is no outage.
func (j *judgment) failed(n *node, err error, way pipelinefile.OnOutage) {
	switch {
	case way == pipelinefile.OnOutageDegrade:
		j.degraded = append(j.degraded, n.Name+"=outage")
	case way == pipelinefile.OnOutageDeadLetter:
		j.verdict.Failure = n.failed(err)
	case n.OnError == pipelinefile.OnErrorDeadLetter:
		failure := n.failed(err)
		failure.Transient = failure.Transient || j.transient && errors.Is(err, stages.ErrBlocked)
		j.verdict.Failure = failure
	default:
		j.transient = j.transient || isTransient(err)
		j.degraded = append(j.degraded, n.Name+"=error")
	}
}

// missing adds a stage that has nothing for the event.
func (j *judgment) missing(n *node, why error) {
	switch {
	case n.OnMissing == pipelinefile.OnMissingDeadLetter || n.waits():
		j.verdict.Failure = &loaderline.Failure{Kind: sink.KindMissing, Stage: n.Name, Message: n.missing(why), Transient: n.waits() && !errors.Is(why, stages.ErrNoKey)}
	case n.OnMissing == pipelinefile.OnMissingDrop:
		j.verdict.Drop = true
	}
}

// outage is what a stage's on_outage says of a row for which it has failed, empty where that is no outage. A stage that is
// blocked by an outage goes the way of the one that has it.
func (c *compiler) outage(n *node, err error, row stages.Row[jsonenrich.Document]) pipelinefile.OnOutage {
	if errors.Is(err, stages.ErrOutage) {
		return n.OnOutage
	}
	if !errors.Is(err, stages.ErrBlocked) {
		return ""
	}
	after := n.WhenStages
	if n.Root >= 0 {
		after = append([]int{n.Root}, after...)
	}
	for _, i := range after {
		if _, _, err := c.nodes[i].outcome(row); err != nil {
			if way := c.outage(c.nodes[i], err, row); way != "" {
				return way
			}
		}
	}
	return ""
}

var errNoRow = errors.New("no row")

// outcome says whether a stage has nothing for a row, and why (stages.ErrNoKey or errNoRow), or has failed; and how old the
// oldest value is that was served past its time.
func (n *node) outcome(row stages.Row[jsonenrich.Document]) (missing error, stale time.Duration, err error) {
	if !n.List {
		r := n.result.One.Of(row)
		missing, err = n.single(r)
		if r.Stale {
			stale = r.Age
		}
		return missing, stale, err
	}
	r := n.result.Each.Of(row)
	if r.State != stages.Loaded {
		if r.State == stages.Missing {
			return nil, 0, nil
		}
		return nil, 0, r.Err
	}
	for _, element := range r.Value.All() {
		m, err := n.single(element)
		if err != nil {
			return nil, 0, err
		}
		if m != nil {
			missing = m
		}
		if element.Stale {
			stale = max(stale, element.Age)
		}
	}
	return missing, stale, nil
}

// single judges the result of one key. No rows for a key of a stage with many are an empty list, and not missing; nor is
// what a stage does not run for.
func (n *node) single(r stages.Result[*jsonenrich.Fragment]) (missing, err error) {
	switch r.State {
	case stages.Failed, stages.Blocked:
		return nil, r.Err
	case stages.Missing:
		if errors.Is(r.Err, stages.ErrSkipped) {
			return nil, nil
		}
		if r.Err != nil {
			return r.Err, nil
		}
		if !n.Many {
			return errNoRow, nil
		}
	case stages.Loaded:
	}
	return nil, nil
}

func (n *node) missing(why error) string {
	by := n.byText()
	if errors.Is(why, stages.ErrNoKey) {
		return by + " is absent or null"
	}
	if n.waits() {
		return "no row has the key that " + by + " holds, and none came within the retries"
	}
	return "no row has the key that " + by + " holds"
}

// failed says why a stage failed. What it says is published: it holds what the source has made fit for that.
func (n *node) failed(err error) *loaderline.Failure {
	f := &loaderline.Failure{Kind: sink.KindLookup, Stage: n.Name, Message: err.Error(), Transient: isTransient(err)}
	if bad, ok := errors.AsType[*loaderr.BadKeyError](err); ok {
		f.Kind, f.Message = sink.KindKey, bad.Err.Error()
		if _, asked := errors.AsType[*loaderr.KeyError](err); asked { // The source has said so, which knows no paths.
			by := n.By[0].Text
			if wrong, ok := errors.AsType[*lookupkey.PartError](bad.Err); ok {
				by, f.Message = n.By[wrong.Part].Text, wrong.Err.Error()
			}
			f.Message = by + ": " + f.Message
		}
		return f
	}
	if errors.Is(err, stages.ErrBlocked) {
		f.Message = fmt.Sprintf("the stage that %s comes from has failed", n.byText())
		if len(n.WhenStages) > 0 {
			f.Message = "a stage that its key or its condition comes from has failed"
		}
	}
	if tried, ok := errors.AsType[*loaderr.KeyError](err); ok {
		f.Attempts, f.FirstAt, f.LastAt = tried.Attempts, tried.First, tried.Last
		f.Message = tried.Err.Error()
	}
	if away, ok := errors.AsType[*loaderr.OutageError](err); ok {
		f.Message = fmt.Sprintf("source %s does not answer: %v", away.Source, away.Err)
	}
	var coded interface{ Code() string }
	if errors.As(err, &coded) {
		f.Code = coded.Code()
	}
	return f
}

// isTransient says that a key failed for what may be over at another time.
func isTransient(err error) bool {
	tried, ok := errors.AsType[*loaderr.KeyError](err)
	if !ok {
		return false
	}
	class := stages.ClassOf(tried)
	return class == stages.Transient || class == stages.Unusable
}
