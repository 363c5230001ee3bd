package deadletter

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync/atomic"
	"time"
)

// fixMark is in the environment of the process that runs a fix, and of no other.
const fixMark = "LOADERLINE_FIX_PROCESS"

// fixStart is what the process of a fix gets first. fixTask is one dead letter for it, and fixDone what became of that. gob does
// not tell nil from empty.
type (
	fixStart struct {
		Program string
		Limits  FixLimits
	}
	fixTask struct {
		Payload, Key  []byte
		Absent, NoKey bool
		Headers       map[string]string
	}
	fixDone struct {
		Payload []byte
		Left    bool   // the program gives no value
		Problem string // empty where there is none
	}
)

// fixWorker is the process of a fix, as its parent sees it.
type fixWorker struct {
	cmd    *exec.Cmd
	limits FixLimits
	in     io.WriteCloser
	tasks  *gob.Encoder
	done   *gob.Decoder
	said   beginning
}

// startFix starts the process of a program that compiles.
func startFix(start fixStart) (*fixWorker, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	w := &fixWorker{cmd: exec.Command(path), limits: start.Limits} //nolint:noctx // It outlives the dead letter that it is started for.
	w.cmd.Args[0] = os.Args[0]                                     // What has several names goes by it.
	w.cmd.Env = []string{fixMark + "=1"}                           // The program has nothing to do with what this one knows.
	w.cmd.Stderr = &w.said
	w.in, err = w.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := w.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := w.cmd.Start(); err != nil {
		return nil, err
	}
	w.tasks, w.done = gob.NewEncoder(w.in), gob.NewDecoder(out)
	var ready bool
	if err := errors.Join(w.tasks.Encode(start), w.done.Decode(&ready)); err != nil {
		w.end()
		return nil, w.explained(err)
	}
	return w, nil
}

// do has the process do a task. After an error it has to be ended.
func (w *fixWorker) do(ctx context.Context, task fixTask) (done fixDone, err error) {
	var late atomic.Bool
	timer := time.AfterFunc(w.limits.Time, func() {
		late.Store(true)
		_ = w.cmd.Process.Kill()
	})
	defer timer.Stop()
	defer context.AfterFunc(ctx, func() { _ = w.cmd.Process.Kill() })()
	err = errors.Join(w.tasks.Encode(task), w.done.Decode(&done))
	switch {
	case err == nil:
		return done, nil
	case ctx.Err() != nil:
		return fixDone{}, context.Cause(ctx)
	case late.Load():
		return fixDone{}, fmt.Errorf("the fix takes more than %v for it", w.limits.Time)
	}
	w.end()
	return fixDone{}, w.explained(err)
}

// explained is the reason why the process has ended.
func (w *fixWorker) explained(err error) error {
	// What the runtime says, what it says where the system refuses a page or the stack of a thread, and what the race detector says.
	for _, said := range []string{"out of memory", "cannot allocate memory", "SIGSEGV", "Resource temporarily unavailable", "failed to allocate"} {
		if bytes.Contains(w.said.text, []byte(said)) {
			return fmt.Errorf("the fix takes more than %d MiB of memory for it", w.limits.Memory>>20)
		}
	}
	if line, _, _ := bytes.Cut(w.said.text, []byte("\n")); len(line) > 0 {
		return fmt.Errorf("the process of the fix has ended: %s", line)
	}
	return fmt.Errorf("the process of the fix has ended: %w", err)
}

// end ends the process, and waits until it has ended.
func (w *fixWorker) end() {
	_ = w.in.Close()
	_ = w.cmd.Process.Kill()
	_ = w.cmd.Wait()
}

// beginning keeps the first bytes of what the process says; the rest is left out.
type beginning struct{ text []byte }

func (b *beginning) Write(p []byte) (int, error) {
	const most = 4096
	b.text = append(b.text, p[:min(len(p), most-len(b.text))]...)
	return len(p), nil
}
