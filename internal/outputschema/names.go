package outputschema

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/avro"
	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/internal/strictyaml"
)

func step(name string) []jsondoc.Step { return []jsondoc.Step{{Name: name}} }

// checkName refuses a member whose name the format does not allow.
func (r *resolver) checkName(path string, f *Form, name string) {
	if validName(r.cfg.Format, name) {
		return
	}
	r.fail(below(path, name), "%q is no %s name, which has letters, digits and _, and no digit first%s", name, r.cfg.Format, renameIn(f.Origin))
}

// renameIn says where a name can be changed.
func renameIn(origin string) string {
	if origin == "" {
		return "; choose another name in output.value"
	}
	return fmt.Sprintf("; write another one with AS in %s", origin)
}

func validName(f format.Format, name string) bool {
	switch f {
	case format.Avro:
		return avro.ValidName(name)
	case format.Protobuf:
		return protoreflect.Name(name).IsValid()
	default:
		return true
	}
}

// alike returns two members that the format cannot tell apart: Protobuf's JSON has names in camel case.
func alike(f format.Format, fields []field) (twice, of string) {
	seen := map[string]string{}
	for _, member := range fields {
		name := member.name
		if f == format.Protobuf {
			name = strings.ToLower(strings.ReplaceAll(name, "_", ""))
		}
		if first, is := seen[name]; is {
			return member.name, first
		}
		seen[name] = member.name
	}
	return "", ""
}

// nearest suggests a path of the output.
func nearest(path string, paths []string) string {
	paths = slices.DeleteFunc(slices.Clone(paths), func(p string) bool { return p == "" })
	if suggestion := strictyaml.DidYouMean(path, paths); suggestion != "" {
		return suggestion
	}
	const most = 12
	shown := paths[:min(most, len(paths))]
	if len(paths) > most {
		return "; it has " + strings.Join(shown, ", ") + " and others"
	}
	return "; it has " + strings.Join(shown, ", ")
}

// typeNames gives each object of the output a name of its own: that of the whole, and those of the members on its path.
type typeNames struct {
	root string
	used map[string]bool
}

func newTypeNames(root string) *typeNames {
	return &typeNames{root: root, used: map[string]bool{root: true}}
}

func (n *typeNames) of(path string) string {
	if path == "" {
		return n.root
	}
	name := n.root + "_" + strings.NewReplacer("[]", "", ".", "_").Replace(path)
	unique := name
	for i := 2; n.used[unique]; i++ {
		unique = fmt.Sprintf("%s%d", name, i)
	}
	n.used[unique] = true
	return unique
}
