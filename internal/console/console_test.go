package console_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/pipelinefile"
)

func TestLogger(t *testing.T) {
	for name, test := range map[string]struct {
		console console.Console
		log     pipelinefile.Log
		want    string
	}{
		"JSON where there is no terminal": {console.Console{}, pipelinefile.Log{Format: pipelinefile.LogFormatAuto}, `"msg":"fine"`},
		"text on a terminal":              {console.Console{Terminal: true}, pipelinefile.Log{Format: pipelinefile.LogFormatAuto}, `msg=fine`},
		"text if it is asked for":         {console.Console{}, pipelinefile.Log{Format: pipelinefile.LogFormatText}, `msg=fine`},
		"JSON if it is asked for":         {console.Console{Terminal: true}, pipelinefile.Log{Format: pipelinefile.LogFormatJSON}, `"msg":"fine"`},
		"nothing below the level":         {console.Console{}, pipelinefile.Log{Format: pipelinefile.LogFormatAuto, Level: slog.LevelWarn}, ""},
		"nothing below a warning, quiet":  {console.Console{Quiet: true}, pipelinefile.Log{Format: pipelinefile.LogFormatAuto, Level: slog.LevelDebug}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			test.console.Err = &out
			test.console.Logger(test.log).InfoContext(t.Context(), "fine")
			if !strings.Contains(out.String(), test.want) || test.want == "" && out.Len() > 0 {
				t.Errorf("got %q, want %q", out.String(), test.want)
			}
		})
	}
}

func TestProgressAsLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		c := &console.Console{Err: &out, Plain: true}
		p := c.Progress("published", 4000)
		for i := range int64(4) {
			time.Sleep(time.Second)
			p.Update(1000*(i+1), 500*(i+1))
		}
		p.Done()
		const want = "published 1,000 events (50 %), 500/s, 2s left\npublished 2,000 events (100 %), 500/s\n"
		if out.String() != want {
			t.Errorf("got %q, want %q", out.String(), want)
		}
	})
}

func TestNoBarWhereItIsNotWanted(t *testing.T) {
	for name, c := range map[string]console.Console{
		"no control sequences": {Terminal: true, Plain: true},
		"quiet":                {Terminal: true, Quiet: true},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			c.Err = &out
			p := c.Progress("published", 100)
			p.Update(50, 10)
			p.Done()
			n := c.Counter()
			n.Update("50 of them")
			n.Done()
			if out.Len() > 0 || n.Shown() {
				t.Errorf("got %q", out.String())
			}
		})
	}
}

func TestLineBesideProgress(t *testing.T) {
	for name, c := range map[string]console.Console{
		"lines": {Plain: true},
		"a bar": {Terminal: true},
		"quiet": {Terminal: true, Quiet: true},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			c.Err = &out
			p := c.Progress("published", 100)
			p.Update(50, 10)
			p.Line("line 3 is too long")
			p.Update(60, 12)
			p.Done()
			if !strings.Contains(out.String(), "line 3 is too long\n") {
				t.Errorf("got %q", out.String())
			}
		})
	}
}
