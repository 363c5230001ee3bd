package pipelinefile

import "strings"

// HasVersions reports whether the stage takes the version of a row that was valid at the time of the event.
func (s *Stage) HasVersions() bool { return s.At != "" }

// List reports whether the source returns a list of rows for a key.
func (s *Stage) List() bool { return s.Many || s.HasVersions() }

// checkAt checks what belongs to versions of rows.
func (c *checker) checkAt(key string, s *Stage) {
	if !s.HasVersions() {
		if s.History == HistoryAppendOnly {
			c.Fail(key+".history", "is about versions of rows, and the stage has no at; add the time of the event, as in at: event.occurred_at, or remove the key")
		}
		return
	}
	source, ok := c.file.Source(s.Source)
	if !ok || len(c.kinds(source.Name)) != 1 {
		return
	}
	switch {
	case source.SQL != nil && c.Valid(key+".query") && !strings.Contains(s.Query, "_from") && !strings.Contains(s.Query, "_valid") && !strings.Contains(s.Query, "*"):
		c.Fail(key+".query", "nothing says when a row was valid; select the columns AS _from and AS _to, or a range AS _valid, for all versions of a key")
	case source.Redis != nil && (s.Hash != "" || s.Format != FormatJSON):
		c.Fail(key+".at", "only JSON can have versions; write get and format: json, with a list of objects that have _from and _to")
	}
}
