package console_test

import (
	"os"
	"testing"

	"github.com/loaderline/loaderline/internal/console"
)

func TestNoColoursWhereThereIsNoTerminal(t *testing.T) {
	file, err := os.CreateTemp(t.TempDir(), "out")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	})
	c := console.New(file, file, func(string) string { return "" })
	if got := c.OutPalette().Bold("a") + c.ErrPalette().Bad("b"); got != "ab" {
		t.Errorf("got %q", got)
	}
}

func TestColoursOnATerminal(t *testing.T) {
	c := &console.Console{OutTerminal: true, Terminal: true}
	if got, want := c.OutPalette().Bold("a")+c.ErrPalette().Good("b")+c.ErrPalette().Bad(""), "\x1b[1ma\x1b[0m\x1b[32mb\x1b[0m"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
