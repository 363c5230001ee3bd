package console

import "cmp"

// Palette colours text for a terminal. The zero Palette leaves it as it is.
type Palette struct{ escape string }

// OutPalette colours data, where that goes to a terminal that shows colours.
func (c *Console) OutPalette() Palette { return c.palette(c.OutControls()) }

// OutControls reports whether data goes to a terminal that takes control sequences.
func (c *Console) OutControls() bool { return c.OutTerminal && !c.noColor }

// ErrPalette colours words, where those go to a terminal that shows colours.
func (c *Console) ErrPalette() Palette { return c.palette(!c.Plain) }

func (c *Console) palette(on bool) Palette {
	if !on {
		return Palette{}
	}
	return Palette{escape: cmp.Or(c.escape, "\x1b")}
}

// Clear empties the terminal, for what is shown in place of what was there.
func (p Palette) Clear() string {
	if p.escape == "" {
		return ""
	}
	return p.escape + "[H" + p.escape + "[2J"
}

// Bold makes names stand out.
func (p Palette) Bold(text string) string { return p.sgr("1", text) }

// Faint is for what holds the rest together: lines, labels.
func (p Palette) Faint(text string) string { return p.sgr("2", text) }

// Good is for what went well.
func (p Palette) Good(text string) string { return p.sgr("32", text) }

// Bad is for what did not.
func (p Palette) Bad(text string) string { return p.sgr("31", text) }

// Notable is for what is neither.
func (p Palette) Notable(text string) string { return p.sgr("33", text) }

// sgr selects a graphic rendition for text, which has at least one character.
func (p Palette) sgr(code, text string) string {
	if p.escape == "" || text == "" {
		return text
	}
	return p.escape + "[" + code + "m" + text + p.escape + "[0m"
}
