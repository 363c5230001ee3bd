package grpclookup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/format/protobuf"
	"github.com/loaderline/loaderline/internal/lookupanswer"
	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/internal/serviceerr"
	"github.com/loaderline/loaderline/stages/lookup"
)

// Query asks a service for many keys at once: how a request names the keys, and where the response has them. The zero value of each
// field but Method and Items is its default.
//
// A path into the response is names of fields joined by dots, as in data.products.
type Query struct {
	// Name names the stage in errors. Defaults to "lookup".
	Name string

	// Method is the full name of a unary method, such as shop.Catalog/GetProducts.
	Method string
	// Request is the request message as JSON. In it the text "$keys" stands for the list of keys, in a repeated field. A list with one
	// element that has "$key" in it stands for one such element for each key: {"refs": [{"id": "$key"}]}. With a composite key its
	// parts are "$key[0]", "$key[1]" and so on. Defaults to {"ids": "$keys"}.
	Request string

	// Items is the path to the repeated field with the rows, or to a map field whose keys are the keys. [] stands for each element of a
	// repeated field on the way.
	Items string
	// Key is the paths in a row to the parts of its key. Defaults to id. It must be empty if Items is a map field.
	Key []string
	// KeyType names the types of the key's parts, one of those in package lookup each. Defaults to what fits the fields of the request.
	KeyType []string
	// Value is the path in a row to its value. The key is missing if there is nothing. Defaults to the row itself.
	Value string
	// Many makes a list of a key's rows, in the order of the response. Without it a second row fails the key.
	Many bool

	// Missing are codes of a whole call, such as NOT_FOUND, that mean missing keys: all of them, or only some. A call for several keys
	// is then bisected. In a call for one key, that key is missing.
	Missing []string
	// Error is the path in a row to its error: a google.rpc.Status, or a code of gRPC as a number, a name or an enum. Nothing, OK and the
	// zero of an enum are none. NOT_FOUND makes the key missing. Another code is classified as that of a call is, but never fatal. Any
	// other error is transient, since it might be an outage that the service passes on.
	Error string
	// PermanentErrors are words at Error that are the key's fault, such as INVALID_ID.
	PermanentErrors []string
}

const (
	defaultRequest = `{"ids": "$keys"}`
	defaultKey     = "id"
)

// grpcLookup is a Query that was checked.
type grpcLookup struct {
	client   *client
	path     string // of the method on the wire
	from     string // the method, for errors
	types    lookupkey.Types
	template *template
	encoder  *protobuf.Encoder
	decoder  *protobuf.Decoder
	layout   *lookupanswer.Layout
	missing  []string
}

// typedLookup is a lookup whose results are messages.
type typedLookup struct {
	*grpcLookup

	columns []lookupext.Column
}

var (
	_ lookup.Lookup    = (*grpcLookup)(nil)
	_ lookupext.Typed  = (*grpcLookup)(nil)
	_ lookupext.Prober = (*grpcLookup)(nil)
)

// ColumnTypes returns the fields of a result in order.
func (l *typedLookup) ColumnTypes() []lookupext.Column { return slices.Clone(l.columns) }

// Columns returns their names.
func (l *typedLookup) Columns() []string {
	names := make([]string, len(l.columns))
	for i, c := range l.columns {
		names[i] = c.Name
	}
	return names
}

// Lookup implements lookup.Client.
func (c *client) Lookup(ctx context.Context, q Query) (lookup.Lookup, error) {
	if q.Name == "" {
		q.Name = "lookup"
	}
	if q.Request == "" {
		q.Request = defaultRequest
	}
	q.Method = strings.TrimPrefix(q.Method, "/")
	method, err := c.method(ctx, q.Method)
	if err != nil {
		return nil, fmt.Errorf("stage %s: %w", q.Name, err)
	}
	l, err := c.compile(q, method)
	if err != nil {
		return nil, fmt.Errorf("stage %s: %w", q.Name, serviceerr.Invalid(err))
	}
	return l, nil
}

// method finds a method, by the reflection service if there are no descriptors. An error of a wrong name is fatal.
func (c *client) method(ctx context.Context, name string) (protoreflect.MethodDescriptor, error) {
	service, short, ok := strings.Cut(name, "/")
	if !ok || !protoreflect.FullName(service).IsValid() || !protoreflect.Name(short).IsValid() {
		return nil, serviceerr.Invalid(wrong("method", "%q is not the full name of a method: write it as shop.Catalog/GetProducts", name))
	}
	files := c.cfg.Files
	if files == nil {
		var err error
		if files, err = c.reflect(ctx, service); err != nil {
			return nil, err
		}
	}
	method, err := findMethod(files, protoreflect.FullName(service), protoreflect.Name(short))
	if err != nil {
		return nil, serviceerr.Invalid(err)
	}
	return method, nil
}

func findMethod(files *protoregistry.Files, service protoreflect.FullName, name protoreflect.Name) (protoreflect.MethodDescriptor, error) {
	found, err := files.FindDescriptorByName(service)
	of, is := found.(protoreflect.ServiceDescriptor)
	if err != nil || !is {
		var services []string
		files.RangeFiles(func(f protoreflect.FileDescriptor) bool {
			services = append(services, names(f.Services())...)
			return true
		})
		slices.Sort(services)
		return nil, wrong("method", "the descriptors have no service %s; they have %s", service, listed(services))
	}
	method := of.Methods().ByName(name)
	switch {
	case method == nil:
		return nil, wrong("method", "the service %s has no method %s; it has %s", service, name, listed(names(of.Methods())))
	case method.IsStreamingClient() || method.IsStreamingServer():
		return nil, wrong("method", "%s/%s is a stream: write a method with one request and one response", service, name)
	}
	return method, nil
}

// compile checks a query against its method.
func (c *client) compile(q Query, method protoreflect.MethodDescriptor) (lookup.Lookup, error) {
	schema, err := protobuf.Of(method.ParentFile())
	if err != nil {
		return nil, wrong("method", "%v", err)
	}
	request, err := schema.Message(string(method.Input().FullName()))
	if err != nil {
		return nil, wrong("method", "%v", err)
	}
	response, err := schema.Message(string(method.Output().FullName()))
	if err != nil {
		return nil, wrong("method", "%v", err)
	}
	l := &grpcLookup{
		client: c, from: q.Method, path: "/" + q.Method, missing: slices.Clone(q.Missing),
		encoder: request.Encoder(protobuf.EncodeOptions{}),
		decoder: response.Decoder(format.Options{MaxBytes: int(c.cfg.MaxAnswerBytes)}),
	}
	requestErr := l.compileRequest(q, method.Input())
	rows, responseErr := checkResponse(&q, method.Output())
	if err := errors.Join(requestErr, responseErr, checkMissing(q.Missing)); err != nil {
		return nil, err
	}
	if n := max(len(q.Key), 1); n != len(l.types) {
		return nil, wrong("key", "the key of a row has %s, and that of the request %d", plural.Count(n, "part"), len(l.types))
	}
	l.layout, err = lookupanswer.New(lookupanswer.Form{
		From: q.Method, Items: q.Items, ItemsSetting: "items", Named: rows.named, Key: slices.Clone(q.Key), Types: l.types,
		Value: q.Value, Error: rows.err, PermanentErrors: slices.Clone(q.PermanentErrors), Status: itemStatus(rows.zero), Many: q.Many,
	})
	if err != nil {
		return nil, err
	}
	if rows.columns != nil {
		return &typedLookup{grpcLookup: l, columns: rows.columns}, nil
	}
	return l, nil
}

// missingCodes are the codes that can be in Query.Missing.
var missingCodes = []string{"NOT_FOUND", "INVALID_ARGUMENT", "FAILED_PRECONDITION", "OUT_OF_RANGE"}

// checkMissing refuses codes that cannot say that keys are missing.
func checkMissing(missing []string) error {
	for _, code := range missing {
		if !slices.Contains(missingCodes, code) {
			return wrong("missing", "%s does not say that there is nothing: it is one of %s", code, strings.Join(missingCodes, ", "))
		}
	}
	return nil
}

// wrong is an error of a setting.
func wrong(setting, format string, args ...any) error {
	return &lookupext.SettingError{Setting: setting, Err: fmt.Errorf(format, args...)}
}

// names are those of descriptors: full ones of services.
func names[D protoreflect.Descriptor](list interface {
	Len() int
	Get(i int) D
},
) []string {
	all := make([]string, list.Len())
	for i := range all {
		d := protoreflect.Descriptor(list.Get(i))
		if all[i] = string(d.Name()); d.Parent() == d.ParentFile() {
			all[i] = string(d.FullName())
		}
	}
	return all
}

// listed names some things for an error.
func listed(names []string) string {
	const shown = 10
	switch {
	case len(names) == 0:
		return "none"
	case len(names) > shown:
		names = append(slices.Clone(names[:shown]), "others")
	}
	return strings.Join(names, ", ")
}
