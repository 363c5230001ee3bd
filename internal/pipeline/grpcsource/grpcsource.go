// Package grpcsource adds gRPC services to the sources of the programs that import it.
package grpcsource

import (
	"context"
	"errors"
	"fmt"

	"github.com/loaderline/loaderline/internal/codec"
	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/stages"
	"github.com/loaderline/loaderline/stages/grpclookup"
	"github.com/loaderline/loaderline/stages/lookup"
)

// rpcService is a source of kind grpc.
type rpcService struct {
	lookup.Client[grpclookup.Query]
	file    *pipelinefile.File
	section string // of the source
	cfg     grpclookup.Config
	query   grpclookup.Query // of each stage, without what the stage itself says
}

func init() { pipeline.RegisterSource(string(pipelinefile.KindGRPC), open) }

func open(ctx context.Context, file *pipelinefile.File, f pipelinefile.Source, opts pipeline.SourceOptions) (pipeline.Source, error) {
	g, section := f.GRPC, "sources."+f.Name+".grpc"
	encryption, err := pipeline.RenewedTLS(file, section+".tls", g.TLS, opts.Certificates)
	if err != nil {
		return nil, err
	}
	cfg := grpclookup.Config{
		Address: g.Address, Metadata: pipeline.Secrets(g.Metadata), RenewTLS: encryption, Timeout: f.Timeout, MaxAnswerBytes: g.MaxBody,
	}
	if !g.Reflection {
		if cfg.Files, err = codec.ReadDescriptors(g.Descriptor); err != nil {
			return nil, file.Errorf(section+".descriptor", "%v", err)
		}
	}
	client, err := grpclookup.Open(ctx, cfg)
	if err != nil {
		return nil, file.Errorf(section, "%v", errors.Unwrap(err))
	}
	return &rpcService{Client: client, file: file, section: section, cfg: cfg, query: grpclookup.Query{
		Method: g.Method, Request: string(g.Request), Items: g.Items, Key: g.Key, Value: g.Value, Error: g.Error, PermanentErrors: g.PermanentErrors, Missing: g.Missing,
	}}, nil
}

// Prepare checks what the stage asks. The service is asked for its descriptors if there is no file with them.
func (r *rpcService) Prepare(ctx context.Context, s *pipeline.Stage) (pipeline.Lookup, error) {
	q := r.query
	q.Name, q.KeyType, q.Many = s.Name, s.KeyType, s.Stage.List()
	l, err := r.Lookup(ctx, q)
	switch {
	case err == nil:
		return l.(pipeline.Lookup), nil
	case stages.ClassOf(err) != stages.Fatal:
		return nil, &pipeline.UnreachableError{Source: s.Source, Err: errors.Unwrap(err)}
	}
	placed := r.settingErrors(s, err)
	if len(placed) == 0 {
		placed = []error{r.file.Errorf(r.section, "%v", errors.Unwrap(err))}
	}
	return nil, errors.Join(placed...)
}

// settingErrors places each wrong setting in the file.
func (r *rpcService) settingErrors(s *pipeline.Stage, err error) []error {
	if wrong, is := err.(*lookupext.SettingError); is { //nolint:errorlint // What it wraps is walked below.
		section := r.section
		if wrong.Setting == "key_type" {
			section = "stages." + s.Name
		}
		return []error{r.file.Errorf(section+"."+wrong.Setting, "%v", wrong.Err)}
	}
	var placed []error
	switch wraps := err.(type) { //nolint:errorlint // This walks what the error wraps.
	case interface{ Unwrap() error }:
		if next := wraps.Unwrap(); next != nil {
			return r.settingErrors(s, next)
		}
	case interface{ Unwrap() []error }:
		for _, next := range wraps.Unwrap() {
			placed = append(placed, r.settingErrors(s, next)...)
		}
	}
	return placed
}

// Identity has the metadata too: what a service answers can depend on who asks.
func (r *rpcService) Identity() string {
	return fmt.Sprintf("%s %+v", r.cfg.Address, r.query) + pipeline.SecretsIdentity(r.cfg.Metadata)
}
