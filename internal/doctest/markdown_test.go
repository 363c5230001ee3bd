package doctest_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// page is a page of the documentation.
type page struct {
	path   string // from the module's folder
	blocks []block
	prose  string // what is outside of blocks
}

// block is a fenced block.
type block struct {
	line  int // of the fence
	lang  string
	attrs map[string]string
	text  string
}

// kind is the block's language with its mark, if it has one.
func (b block) kind() string {
	for name := range b.attrs {
		return b.lang + " " + name
	}
	return b.lang
}

// checkedElsewhere are pages whose blocks another package's tests run.
func checkedElsewhere(path string) bool { return path == "docs/kafka-tools.md" }

func pages(t *testing.T) []page {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil || len(paths) < 8 {
		t.Fatalf("docs has %d pages: %v", len(paths), err)
	}
	all := make([]page, 0, len(paths)+1)
	for _, path := range append(paths, filepath.Join(root, "README.md")) {
		all = append(all, readPage(t, path))
	}
	return all
}

func readPage(t *testing.T, path string) page {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	name, err := filepath.Rel(root, path)
	if err != nil {
		t.Fatal(err)
	}
	p := page{path: filepath.ToSlash(name)}
	var prose strings.Builder
	var open, indented *block
	indent := ""
	for i, line := range strings.Split(string(data), "\n") {
		fence := strings.HasPrefix(strings.TrimSpace(line), "```")
		if text, is := strings.CutPrefix(line, "    "); is && open == nil && !fence {
			if indented == nil {
				indented = newBlock(i+1, "yaml")
			}
			indented.text += text + "\n"
			continue
		}
		if indented != nil {
			p.blocks, indented = append(p.blocks, *indented), nil
		}
		switch {
		case fence && open == nil:
			indent = line[:len(line)-len(strings.TrimLeft(line, " "))]
			open = newBlock(i+1, strings.TrimPrefix(strings.TrimSpace(line), "```"))
		case fence:
			p.blocks, open = append(p.blocks, *open), nil
		case open != nil:
			open.text += strings.TrimPrefix(line, indent) + "\n"
		default:
			prose.WriteString(line + "\n")
		}
	}
	if open != nil {
		t.Fatalf("%s:%d: the block has no end", p.path, open.line)
	}
	p.prose = prose.String()
	return p
}

func newBlock(line int, info string) *block {
	fields := strings.Fields(info)
	b := &block{line: line, attrs: map[string]string{}}
	for i, field := range fields {
		if i == 0 {
			b.lang = field
			continue
		}
		name, value, _ := strings.Cut(field, "=")
		b.attrs[name] = value
	}
	return b
}

// TestEveryBlockIsOfAKnownKind finds blocks that no test looks at.
func TestEveryBlockIsOfAKnownKind(t *testing.T) {
	known := map[string]bool{
		"yaml": true, "yaml wrong": true, "yaml file": true, "yaml manifest": true,
		"console": true, "console background": true, "console fails": true, "console elsewhere": true,
		"go": true, "json": true, "json file": true, "proto file": true, "promql": true,
		"sql": true, // Tests of internal/pipeline run it on servers.
	}
	for _, p := range pages(t) {
		if checkedElsewhere(p.path) {
			continue
		}
		for _, b := range p.blocks {
			if !known[b.kind()] || len(b.attrs) > 1 {
				t.Errorf("%s:%d: a block of kind %q is not checked by anything", p.path, b.line, b.kind())
			}
		}
	}
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
	symbols = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// TestLinksLeadSomewhere checks links into the repository: the file, and the heading in it.
func TestLinksLeadSomewhere(t *testing.T) {
	for _, p := range pages(t) {
		for _, m := range link.FindAllStringSubmatch(p.prose, -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			file, anchor, _ := strings.Cut(m[1], "#")
			target := filepath.Join(root, filepath.Dir(p.path), file)
			if file == "" {
				target = filepath.Join(root, p.path)
			}
			data, err := os.ReadFile(target)
			if info, statErr := os.Stat(target); statErr == nil && info.IsDir() {
				continue
			}
			if err != nil {
				t.Errorf("%s: the link %s leads nowhere", p.path, m[1])
				continue
			}
			if anchor != "" && !hasHeading(string(data), anchor) {
				t.Errorf("%s: %s has no heading %q", p.path, target, anchor)
			}
		}
	}
}

// hasHeading reports whether a page has the heading that an anchor names, as GitHub makes anchors.
func hasHeading(text, anchor string) bool {
	for _, m := range heading.FindAllStringSubmatch(text, -1) {
		if strings.ReplaceAll(symbols.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-") == anchor {
			return true
		}
	}
	return false
}

// TestTheIndexHasEveryPage finds pages that nobody would find.
func TestTheIndexHasEveryPage(t *testing.T) {
	index := readPage(t, filepath.Join(root, "docs", "README.md"))
	for _, p := range pages(t) {
		name := filepath.Base(p.path)
		if name != "README.md" && !strings.Contains(index.prose, "]("+name+")") {
			t.Errorf("docs/README.md does not name %s", p.path)
		}
	}
}
