// Package httpsource adds services over HTTP to the sources of the programs that import it.
package httpsource

import (
	"context"
	"errors"
	"fmt"

	"github.com/loaderline/loaderline/internal/oauth"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/httplookup"
	"github.com/loaderline/loaderline/stages/lookup"
)

// service is a source of kind http.
type service struct {
	lookup.Client[httplookup.Query]
	file   *pipelinefile.File
	cfg    httplookup.Config
	oauth  *pipelinefile.OAuth // nil: there is none
	tokens *oauth.Tokens
}

func init() { pipeline.RegisterSource(string(pipelinefile.KindHTTP), open) }

func open(ctx context.Context, file *pipelinefile.File, f pipelinefile.Source, opts pipeline.SourceOptions) (pipeline.Source, error) {
	section := "sources." + f.Name + ".http"
	encryption, err := pipeline.RenewedTLS(file, section+".tls", f.HTTP.TLS, opts.Certificates)
	if err != nil {
		return nil, err
	}
	cfg := httplookup.Config{
		URL: f.HTTP.URL, Header: pipeline.Secrets(f.HTTP.Headers), RenewTLS: encryption, Health: f.HTTP.Health,
		Pool: f.HTTP.Pool, Timeout: f.Timeout, MaxAnswerBytes: f.HTTP.MaxBody,
	}
	h := &service{file: file, oauth: f.HTTP.OAuth}
	if h.oauth != nil {
		if h.tokens, err = openOAuth(file, section+".oauth", h.oauth, f.Timeout, encryption, opts.Certificates); err != nil {
			return nil, err
		}
		cfg.Token = h.token
	}
	if h.Client, err = httplookup.Open(ctx, cfg); err != nil {
		return nil, file.Errorf(section, "%v", errors.Unwrap(err))
	}
	h.cfg = cfg
	return h, nil
}

// token is httplookup.Config.Token.
func (h *service) token(ctx context.Context, refused lookup.Secret) (lookup.Secret, error) {
	token, err := h.tokens.Token(ctx, string(refused))
	if e, ok := errors.AsType[*oauth.Error](err); ok && e.Refused() {
		err = stages.WithClass(err, stages.Fatal)
	}
	return lookup.Secret(token), err
}

// Close ends the connections to the service and to the token endpoint.
func (h *service) Close() error {
	if h.tokens != nil {
		h.tokens.Close()
	}
	return h.Client.Close()
}

// Prepare checks what the stage asks; the service is not asked.
func (h *service) Prepare(ctx context.Context, s *pipeline.Stage) (pipeline.Lookup, error) {
	l, err := h.Lookup(ctx, httplookup.Query{
		Name: s.Name, One: s.Request.One, Method: string(s.Request.Method), Path: s.Request.Path, Body: s.Request.Body,
		Param: s.Request.Param, Separator: s.Request.Separator,
		Items: s.Response.Items, Named: s.Response.Named, Missing: s.Response.Missing, Value: s.Response.Value, Error: s.Response.Error, PermanentErrors: s.Response.PermanentErrors,
		Key: s.Key, KeyType: s.KeyType, Many: s.Stage.List(),
	})
	if err != nil {
		return nil, h.file.Errorf("stages."+s.Name, "%v", errors.Unwrap(err))
	}
	return l.(pipeline.Lookup), nil
}

// Identity has the headers and the client too: what a service answers can depend on who asks.
func (h *service) Identity() string {
	identity := h.cfg.URL + pipeline.SecretsIdentity(h.cfg.Header)
	if o := h.oauth; o != nil {
		identity += fmt.Sprintf(" %q %q %q", o.TokenURL, o.ClientID, o.Scopes) + pipeline.SecretsIdentity(pipeline.Secrets(o.Params))
	}
	return identity
}
