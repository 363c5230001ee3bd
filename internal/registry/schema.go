package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/loaderline/loaderline/internal/format/schemaid"
)

// Type is the language of a schema.
type Type string

// The languages of schemas.
const (
	Avro     Type = "AVRO"
	Protobuf Type = "PROTOBUF"
	JSON     Type = "JSON"
)

// Schema is a schema with all that it refers to.
type Schema struct {
	Type       Type
	Text       string
	References []Reference
}

// Reference is another schema, which a schema uses by a name: the full name of an Avro type, the file that a .proto file imports, or
// the URL of a $ref.
type Reference struct {
	Name    string
	Subject string
	Version int
	// Schema is not nil in a schema that a Client returned.
	Schema *Schema
}

// wireSchema is a schema as the API has it.
type wireSchema struct {
	Schema     string          `json:"schema"`
	Type       string          `json:"schemaType,omitempty"` // Empty is Avro.
	References []wireReference `json:"references,omitempty"`
}

type wireReference struct {
	Name    string `json:"name"`
	Subject string `json:"subject"`
	Version int    `json:"version"`
}

// Schema returns the schema of an ID. If the registry has none, the error is ErrUnknownID.
func (c *Client) Schema(ctx context.Context, id schemaid.ID) (*Schema, error) {
	wire, err := c.byID(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", id, err)
	}
	s, err := c.resolve(ctx, wire)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", id, err)
	}
	return s, nil
}

// byID returns the schema of an ID without what it refers to.
func (c *Client) byID(ctx context.Context, id schemaid.ID) (*wireSchema, error) {
	wire, err := c.askByID(ctx, id)
	switch {
	case errors.Is(err, ErrUnknownSchema):
		return nil, unknownID()
	case errors.Is(err, ErrWrongURL) && id.Kind() != schemaid.Number:
		// Apicurio has no GUIDs, others have no global IDs, and neither has a path for them. A record with such an ID must not stop
		// the run.
		if pingErr := c.Ping(ctx); pingErr != nil {
			return nil, pingErr
		}
		return nil, classified(&registryError{kind: ErrUnknownID, message: "the registry has no IDs of this kind; was the record written with another registry?"})
	case err != nil:
		return nil, err
	}
	return wire, nil
}

// askByID asks for the schema of an ID.
func (c *Client) askByID(ctx context.Context, id schemaid.ID) (*wireSchema, error) {
	var path string
	switch id.Kind() {
	case schemaid.Number:
		path = "/schemas/ids/" + id.Text()
	case schemaid.GUID:
		path = "/schemas/guids/" + id.Text()
	case schemaid.Global:
		if !c.isApicurio() {
			return nil, classified(&registryError{kind: ErrUnknownID, message: "only Apicurio has global IDs, and registry.url does not end as Apicurio's does, with /apis/ccompat/v7"})
		}
		content, err := c.contentID(ctx, id)
		if err != nil {
			return nil, err
		}
		return c.askByID(ctx, content)
	default:
		return nil, classified(&registryError{kind: ErrUnknownID, message: "there is no ID to ask for"})
	}
	var wire wireSchema
	if err := c.do(ctx, request{method: http.MethodGet, path: path}, &wire); err != nil {
		return nil, err
	}
	return &wire, nil
}

// unknownID is the error of an ID that the registry has no schema of.
func unknownID() error {
	return classified(&registryError{kind: ErrUnknownID, message: "the registry has no schema of this ID; was the record written with another registry?"})
}

// version returns a version of a subject, without what it refers to. A version is a number or "latest".
func (c *Client) version(ctx context.Context, subject, version string) (*wireRegistered, error) {
	path, err := subjectPath("/subjects/", subject)
	if err != nil {
		return nil, err
	}
	var wire wireRegistered
	if err := c.do(ctx, request{method: http.MethodGet, path: path + "/versions/" + version}, &wire); err != nil {
		return nil, fmt.Errorf("subject %s, version %s: %w", subject, version, err)
	}
	return &wire, nil
}

// subjectPath is the path of a subject below a root.
func subjectPath(root, subject string) (string, error) {
	if subject == "" || subject == "." || subject == ".." {
		return "", classified(&registryError{kind: ErrInvalid, message: fmt.Sprintf("%q is not a name of a subject", subject)})
	}
	return root + url.PathEscape(subject), nil
}
