package console

// Palette colours text for a terminal. The zero Palette leaves it as it is.
type Palette struct{ on bool }

// OutPalette colours data, where that goes to a terminal that shows colours.
func (c *Console) OutPalette() Palette { return Palette{on: c.OutControls()} }

// OutControls says that data goes to a terminal that takes control sequences.
func (c *Console) OutControls() bool { return c.OutTerminal && !c.noColor }

// ErrPalette colours words, where those go to a terminal that shows colours.
func (c *Console) ErrPalette() Palette { return Palette{on: !c.Plain} }

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
	if !p.on || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}
