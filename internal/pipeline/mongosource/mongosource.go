// Package mongosource adds MongoDB to the sources of the programs that import it.
package mongosource

import (
	"context"
	"errors"

	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/mongolookup"
)

// mongoDB is a source of kind mongodb.
type mongoDB struct {
	lookup.Client[mongolookup.Query]
	file *pipelinefile.File
	cfg  mongolookup.Config
}

func init() { pipeline.RegisterSource(string(pipelinefile.KindMongoDB), open) }

func open(ctx context.Context, file *pipelinefile.File, f pipelinefile.Source, opts pipeline.SourceOptions) (pipeline.Source, error) {
	section := "sources." + f.Name + ".mongodb"
	encryption, err := pipeline.RenewedTLS(file, section+".tls", f.MongoDB.TLS, opts.Certificates)
	if err != nil {
		return nil, err
	}
	cfg := mongolookup.Config{
		URI: lookup.Secret(f.MongoDB.URI.Reveal()), Database: f.MongoDB.Database, RenewTLS: encryption,
		Pool: f.MongoDB.Pool, Timeout: f.Timeout,
	}
	client, err := mongolookup.Open(ctx, cfg)
	if err != nil {
		return nil, file.Errorf(section, "%v", errors.Unwrap(err))
	}
	return &mongoDB{Client: client, file: file, cfg: cfg}, nil
}

// Prepare checks what the stage asks; the server is not asked.
func (m *mongoDB) Prepare(ctx context.Context, s *pipeline.Stage) (pipeline.Lookup, error) {
	l, err := m.Lookup(ctx, mongolookup.Query{
		Name: s.Name, Collection: s.Collection, Find: string(s.Find), Project: string(s.Project), Sort: string(s.Sort),
		Extended: s.Format == pipelinefile.FormatExtendedJSON, Key: s.Key, KeyType: s.KeyType, Many: s.Stage.List(),
	})
	if err != nil {
		return nil, m.file.Errorf("stages."+s.Name, "%v", errors.Unwrap(err))
	}
	return l.(pipeline.Lookup), nil
}

// Identity is the servers and the database. A new password does not change what they answer.
func (m *mongoDB) Identity() string { return m.cfg.String() }
