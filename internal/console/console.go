// Package console is where a command writes: data to one stream, words to another, and progress as a bar on a
// terminal or as plain lines elsewhere.
//
// Events, keys, names and errors come from others, and a terminal obeys what is in them. So output for a terminal,
// and all text for people, goes through Visible, and NewEncoder writes JSON. Only data that goes elsewhere stays as it
// is.
package console

import (
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"os"

	"golang.org/x/term"

	"github.com/loaderline/loaderline/internal/pipelinefile"
)

// Console is the two streams of a command.
type Console struct {
	Out io.Writer // data
	Err io.Writer // words
	// Quiet leaves words out; errors are not words.
	Quiet bool
	// Terminal reports whether Err is a terminal.
	Terminal bool
	// OutTerminal reports whether Out is a terminal.
	OutTerminal bool
	// Plain rules out control sequences on Err, as NO_COLOR and a dumb terminal do.
	Plain bool

	noColor bool
	width   int       // of Out, 0 where it is not known
	escape  string    // begins the sequences of palettes where Out and Err know it
	bars    io.Writer // is for progress bars where Err does not take their sequences
}

// New is the console of this process.
func New(out, err *os.File, getenv func(string) string) *Console {
	terminal, noColor := term.IsTerminal(int(err.Fd())), getenv("NO_COLOR") != "" || getenv("TERM") == "dumb"
	c := &Console{
		Out: out, Terminal: terminal, OutTerminal: term.IsTerminal(int(out.Fd())), Plain: !terminal || noColor, noColor: noColor,
		escape: "\x1b" + rand.Text(), bars: err,
	}
	c.Err = &visible{to: err, escape: c.escape}
	if c.OutTerminal {
		c.width, _, _ = term.GetSize(int(out.Fd())) // It is 0 where there is an error.
		c.Out = &visible{to: out, escape: c.escape}
	}
	return c
}

// Say writes a line of words. A stream that cannot be written to has nobody to tell.
func (c *Console) Say(format string, args ...any) {
	if !c.Quiet {
		_, _ = fmt.Fprintf(c.Err, format+"\n", args...)
	}
}

// Logger is the logger that a pipeline file asks for: text on a terminal and JSON elsewhere unless it says which. A
// quiet console leaves out what is less than a warning.
func (c *Console) Logger(cfg pipelinefile.Log) *slog.Logger {
	opts := &slog.HandlerOptions{Level: cfg.Level}
	if c.Quiet {
		opts.Level = max(cfg.Level, slog.LevelWarn)
	}
	if cfg.Format == pipelinefile.LogFormatText || cfg.Format == pipelinefile.LogFormatAuto && c.Terminal {
		return slog.New(slog.NewTextHandler(c.Err, opts))
	}
	return slog.New(slog.NewJSONHandler(&escaping{to: c.Err}, opts))
}
