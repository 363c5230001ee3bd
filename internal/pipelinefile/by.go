package pipelinefile

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/loaderline/loaderline/internal/strictyaml"
)

// checkBy checks that a path begins at the event or at an earlier stage.
func (c *checker) checkBy(stage, n int, by string) {
	stages := c.file.Stages
	key := "stages." + stages[stage].Name + ".by"
	if element := fmt.Sprintf("%s[%d]", key, n); c.Valid(element) {
		key = element
	}
	written := c.Scalar(key)
	if !c.Valid(key) {
		return
	}
	if IsExpression(by) {
		return // The package that compiles expressions checks it.
	}
	root := rootOf(by)
	known := []string{"event", "record"}
	for _, s := range stages[:stage] {
		known = append(known, s.Name)
	}
	if slices.Contains(known, root) {
		return
	}
	later := slices.IndexFunc(stages[stage:], func(s Stage) bool { return s.Name == root }) + stage
	switch {
	case root == stages[stage].Name:
		c.Fail(key, "%s begins at the stage itself; a path begins with event or with an earlier stage", written)
	case later >= stage:
		c.failLater(key, written, stage, later)
	case written.Interpolated():
		c.Fail(key, "%s does not begin with event or with an earlier stage", written)
	default:
		c.Fail(key, "%s begins with neither event nor an earlier stage%s", written, suggestPath(by, known))
	}
}

// failLater reports a path that begins at a later stage. To move that stage helps, unless it waits for this one: such a
// circle is reported once.
func (c *checker) failLater(key string, written strictyaml.Scalar, stage, later int) {
	stages := c.file.Stages
	circle := c.wayTo(stage, later, make([]bool, len(stages)))
	if circle == nil {
		c.Fail(key, "%s begins at a later stage; move stage %s above %s", written, stages[later].Name, stages[stage].Name)
		return
	}
	if slices.Min(circle) < stage {
		return // Reported there.
	}
	names := []string{stages[stage].Name}
	for _, s := range circle {
		names = append(names, stages[s].Name)
	}
	c.Fail(key, "the stages wait for each other in a circle, %s; one of them has to take its key from the event or from a stage outside of it", strings.Join(names, " -> "))
}

// wayTo returns a chain of stages in which each waits for the next, with both ends, or nil. It does not enter stages that
// were seen.
func (c *checker) wayTo(to, from int, seen []bool) []int {
	if from == to {
		return []int{to}
	}
	seen[from] = true
	for _, by := range c.file.Stages[from].By {
		next := slices.IndexFunc(c.file.Stages, func(s Stage) bool { return s.Name == rootOf(by) })
		if next < 0 || seen[next] {
			continue
		}
		if rest := c.wayTo(to, next, seen); rest != nil {
			return append([]int{from}, rest...)
		}
	}
	return nil
}

// IsExpression reports whether a part of a key is written as an expression, and not as a path: it calls a function, or has an
// operator with spaces around it.
func IsExpression(by string) bool {
	return expressionSigns.MatchString(quotedName.ReplaceAllString(by, `""`))
}

var (
	expressionSigns = regexp.MustCompile(`[(+]|\?\?|\s([-*/%?:<>]|[<>=!]=|&&|\|\||in|and|or|matches|contains|startsWith|endsWith)\s`)
	quotedName      = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
)

// rootOf returns what a path begins with.
func rootOf(by string) string {
	if end := strings.IndexAny(by, ".["); end >= 0 {
		return by[:end]
	}
	return by
}

// suggestPath is the end of a message about a path that begins with none of the
// known roots.
func suggestPath(by string, known []string) string {
	path := ownNotation(by)
	switch path {
	case "key", "_key", "message.key", "kafka.key":
		return "; write record.key for the key of the Kafka record, or a path into its value, such as event.user_id"
	}
	if rest, ok := strings.CutPrefix(path, "value."); ok {
		path = rest // Of the record: the event is its value.
	}
	if !regexp.MustCompile(`^[\w-]+(\[\])*(\.[\w-]+(\[\])*)*$`).MatchString(path) {
		return "; write a path such as event.user_id"
	}
	root := rootOf(path)
	if best, near := strictyaml.Nearest(root, known); near {
		return fmt.Sprintf("; did you mean %q?", strictyaml.Excerpt(best+strings.TrimPrefix(path, root)))
	}
	return fmt.Sprintf("; did you mean %q?", strictyaml.Excerpt("event."+path))
}

// ownNotation rewrites a path in the notation of JSONPath, jq, JSON Pointer or
// templates: $.event.id, .user_id, /event/id, {{event.id}}, event["id"], x[*].
func ownNotation(by string) string {
	path := strings.TrimSpace(strings.Trim(by, "${} "))
	path = regexp.MustCompile(`\[["']([^"'\]]+)["']\]`).ReplaceAllString(path, ".$1")
	path = strings.ReplaceAll(path, "[*]", "[]")
	if strings.HasPrefix(path, "/") {
		path = strings.ReplaceAll(path, "/", ".")
	}
	return strings.Trim(path, ".")
}
