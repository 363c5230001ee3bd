package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/loaderline/loaderline/internal/format/schemaid"
)

// Registered is a schema under a subject.
type Registered struct {
	// ID is the schema's number. GUID names it too; it is zero if the registry has no GUIDs.
	ID, GUID schemaid.ID
	// Version is zero if the registry did not say it.
	Version int
	// Schema is nil from Lookup and Register.
	Schema *Schema
}

// wireRegistered is a schema under a subject as the API has it.
type wireRegistered struct {
	wireSchema

	ID      uint64 `json:"id"`
	GUID    string `json:"guid"`
	Version int    `json:"version"`
}

func (w *wireRegistered) registered() (*Registered, error) {
	r := &Registered{ID: schemaid.OfNumber(w.ID), Version: w.Version}
	if w.GUID != "" {
		guid, err := schemaid.ParseGUID(w.GUID)
		if err != nil {
			return nil, classified(&registryError{kind: ErrUnusable, message: "the registry sent " + err.Error()})
		}
		r.GUID = guid
	}
	return r, nil
}

// Latest returns the newest version of a subject.
func (c *Client) Latest(ctx context.Context, subject string) (*Registered, error) {
	return c.registered(ctx, subject, "latest")
}

// Version returns a version of a subject.
func (c *Client) Version(ctx context.Context, subject string, version int) (*Registered, error) {
	return c.registered(ctx, subject, strconv.Itoa(version))
}

func (c *Client) registered(ctx context.Context, subject, version string) (*Registered, error) {
	wire, err := c.version(ctx, subject, version)
	if err != nil {
		return nil, advised(err, ErrUnknownSubject, "register a schema, or set output.register to true")
	}
	r, err := wire.registered()
	if err == nil {
		r.Schema, err = c.resolve(ctx, &wire.wireSchema)
	}
	if err != nil {
		return nil, fmt.Errorf("subject %s, version %s: %w", subject, version, err)
	}
	return r, nil
}

// Lookup returns how a schema is registered under a subject. If it is not, the error is ErrUnknownSubject or ErrUnknownSchema.
// normalize ignores differences that mean nothing, such as the order of attributes.
func (c *Client) Lookup(ctx context.Context, subject string, s *Schema, normalize bool) (*Registered, error) {
	r, err := c.post(ctx, "/subjects/", subject, "", s, normalize)
	return r, advised(advised(err, ErrUnknownSubject, registerIt), ErrUnknownSchema, registerIt)
}

const registerIt = "register the schema, or set output.register to true"

// Register registers a schema under a subject, unless it is there. If the subject's other schemas do not allow it, the error is
// ErrIncompatible, with the registry's reasons.
func (c *Client) Register(ctx context.Context, subject string, s *Schema, normalize bool) (*Registered, error) {
	r, err := c.post(ctx, "/subjects/", subject, "/versions", s, normalize)
	return r, advised(err, ErrIncompatible, changeIt)
}

const changeIt = "change the schema so that programs that read the topic can go on, or change the subject's compatibility in the registry"

// post sends a schema to a path below a subject.
func (c *Client) post(ctx context.Context, root, subject, below string, s *Schema, normalize bool) (*Registered, error) {
	path, err := subjectPath(root, subject)
	if err != nil {
		return nil, err
	}
	r := request{method: http.MethodPost, path: path + below, body: s.wire()}
	if normalize {
		r.params = sr.Normalize
	}
	var wire wireRegistered
	if err := c.do(ctx, r, &wire); err != nil {
		return nil, fmt.Errorf("subject %s: %w", subject, err)
	}
	return wire.registered()
}

// Compatible returns nil if a schema may be registered under a subject. If not, the error is ErrIncompatible, with the registry's
// reasons.
func (c *Client) Compatible(ctx context.Context, subject string, s *Schema) error {
	path, err := subjectPath("/compatibility/subjects/", subject)
	if err != nil {
		return err
	}
	var answer struct {
		Is       *bool    `json:"is_compatible"`
		Messages []string `json:"messages"`
		Reason   string   `json:"reason"` // Apicurio's.
	}
	ask := func(versions string) error {
		return c.do(ctx, request{method: http.MethodPost, path: path + versions, params: sr.Verbose, body: s.wire()}, &answer)
	}
	err = ask("/versions")
	if errors.Is(err, ErrWrongURL) { // Some registries compare with one version only.
		err = ask("/versions/latest")
	}
	switch {
	case errors.Is(err, ErrUnknownSubject), errors.Is(err, ErrUnknownVersion):
		return nil // There is nothing to be compatible with.
	case err != nil:
		return fmt.Errorf("subject %s: %w", subject, advised(err, ErrIncompatible, changeIt))
	case answer.Is == nil:
		return classified(&registryError{kind: ErrUnusable, message: fmt.Sprintf("subject %s: the registry did not say whether the schema is compatible", subject)})
	case !*answer.Is:
		e := &registryError{kind: ErrIncompatible, message: fmt.Sprintf("subject %s: %v%s", subject, ErrIncompatible, quoted(strings.Join(append(answer.Messages, answer.Reason), " ")))}
		return advised(classified(e), ErrIncompatible, changeIt)
	}
	return nil
}

// wire returns a schema as the API has it.
func (s *Schema) wire() *wireSchema {
	w := &wireSchema{Schema: s.Text}
	if s.Type != Avro {
		w.Type = string(s.Type)
	}
	for _, ref := range s.References {
		w.References = append(w.References, wireReference{Name: ref.Name, Subject: ref.Subject, Version: ref.Version})
	}
	return w
}

// advised adds what to do to an error of a kind.
func advised(err, kind error, advice string) error {
	if !errors.Is(err, kind) {
		return err
	}
	return fmt.Errorf("%w; %s", err, advice)
}
