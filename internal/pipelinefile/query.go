package pipelinefile

import (
	"fmt"
	"regexp"
	"strings"
)

// checkQuery refuses a statement that would not be a bulk lookup, or whose rows
// could not be told apart.
func (c *checker) checkQuery(key string, s *Stage, driver Driver) {
	if !c.Valid(key + ".query") {
		if !c.Has(key+".query") && !c.FailedBelow(key) {
			c.Fail(key+".query", "required for a database, but missing; write for example query: \"SELECT id, name FROM users WHERE id IN ($keys)\"")
		}
		return
	}
	where := "WHERE id IN ($keys)"
	if len(s.By) > 1 {
		where = "WHERE (tenant_id, id) IN ($keys)"
	}
	if !keysParameter.MatchString(s.Query) {
		c.Fail(key+".query", "has no $keys, so it would not be a bulk lookup; write a condition such as %s", where)
		return
	}
	if problem := misusedKeys(s.Query); problem != "" {
		c.Fail(key+".query", "%s; write a condition such as %s", problem, where)
		return
	}
	if keysRelation.MatchString(s.Query) {
		switch {
		case driver != DriverPostgres && driver != "":
			c.Fail(key+".query", "unnest is of PostgreSQL, and the source is %s; write a condition such as %s", driver, where)
			return
		case len(s.By) > 1 && len(s.KeyType) == 0 && !namedRelation.MatchString(s.Query):
			c.Fail(key+".query", "nothing names the parts of the key in unnest($keys); write for example FROM unnest($keys) AS k(tenant_id, id) JOIN users u ON u.tenant_id = k.tenant_id AND u.id = k.id")
			return
		}
	}
	for i, column := range s.Key {
		c.checkColumn(key+".key", i, s, column)
	}
	if !c.Has(key+".key") && !strings.Contains(s.Query, "_key") && !strings.Contains(s.Query, "*") {
		c.Fail(key+".query", "nothing says which column holds the key; add key: COLUMN to the stage, or select the column AS _key")
	}
}

var (
	keysRelation  = regexp.MustCompile(`(?i)\bunnest\s*\(\s*\$keys\b`)
	namedRelation = regexp.MustCompile(`(?is)\bunnest\s*\(\s*\$keys\s*\)(\s+with\s+ordinality)?\s+as\s+[^\s(]+\s*\(`)
)

// checkColumn checks that the query can have a column that holds the key.
func (c *checker) checkColumn(key string, i int, s *Stage, column string) {
	if element := fmt.Sprintf("%s[%d]", key, i); c.Valid(element) {
		key = element
	}
	written := c.Scalar(key)
	if !c.Valid(key) || len(s.Key) != len(s.By) || strings.Contains(s.Query, "*") || strings.Contains(strings.ToLower(s.Query), strings.ToLower(column)) {
		return
	}
	c.Fail(key, "the query has no column %s; write the one of its result that holds the key, or select that column too", written.Written())
}

// misusedKeys says what is wrong with the place of $keys where that is certain
// without knowing the database's language.
func misusedKeys(query string) string {
	query = regexp.MustCompile(`--[^\n]*|/\*(?s:.*?)\*/`).ReplaceAllString(query, " ")
	for _, misuse := range []struct{ pattern, problem string }{
		{`\(\s*['"]\$keys['"]\s*\)`, "$keys stands in quotes, which makes it mere text"},
		{`(?i)\b(in|any|some|unnest)\s*\$keys\b`, "$keys needs parentheses around it"},
		{`[^<>!=]=\s*\$keys\b`, "$keys are many keys, and = compares with one"},
	} {
		if regexp.MustCompile(misuse.pattern).MatchString(query) {
			return misuse.problem
		}
	}
	return ""
}
