package pipeline

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/tlsfiles"
	"github.com/loaderline/loaderline/stages/httplookup"
	"github.com/loaderline/loaderline/stages/lookup"
)

// service is a source of kind http.
type service struct {
	lookup.Client[httplookup.Query]
	file *pipelinefile.File
	cfg  httplookup.Config
}

func openHTTP(ctx context.Context, file *pipelinefile.File, f pipelinefile.Source, watch *tlsfiles.Watch) (Source, error) {
	section := "sources." + f.Name + ".http"
	encryption, err := renewedTLS(file, section+".tls", f.HTTP.TLS, watch)
	if err != nil {
		return nil, err
	}
	cfg := httplookup.Config{
		URL: f.HTTP.URL, Header: make(map[string]lookup.Secret, len(f.HTTP.Headers)), RenewTLS: encryption, Health: f.HTTP.Health,
		Pool: f.HTTP.Pool, Timeout: f.Timeout, MaxAnswerBytes: f.HTTP.MaxBody,
	}
	for name, value := range f.HTTP.Headers {
		cfg.Header[name] = lookup.Secret(value.Reveal())
	}
	client, err := httplookup.Open(ctx, cfg)
	if err != nil {
		return nil, file.Errorf(section, "%v", errors.Unwrap(err))
	}
	return &service{Client: client, file: file, cfg: cfg}, nil
}

// Prepare checks what the stage asks; the service is not asked.
func (h *service) Prepare(ctx context.Context, s *Stage) (Lookup, error) {
	l, err := h.Lookup(ctx, httplookup.Query{
		Name: s.Name, Method: string(s.Request.Method), Path: s.Request.Path, Body: s.Request.Body,
		Param: s.Request.Param, Separator: s.Request.Separator,
		Items: s.Response.Items, Named: s.Response.Named, Missing: s.Response.Missing, Value: s.Response.Value, Error: s.Response.Error, PermanentErrors: s.Response.PermanentErrors,
		Key: s.Key, KeyType: s.KeyType, Many: s.Stage.List(),
	})
	if err != nil {
		return nil, h.file.Errorf("stages."+s.Name, "%v", errors.Unwrap(err))
	}
	return l.(Lookup), nil
}

// identity has the headers too: what a service answers can depend on who asks.
func (h *service) identity() string {
	var b strings.Builder
	b.WriteString(h.cfg.URL)
	for _, name := range slices.Sorted(maps.Keys(h.cfg.Header)) {
		fmt.Fprintf(&b, " %q: %q", name, string(h.cfg.Header[name]))
	}
	return b.String()
}
