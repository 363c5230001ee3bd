package pipeline

import (
	"context"
	"errors"

	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/tlsfiles"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/mongolookup"
)

// mongoDB is a source of kind mongodb.
type mongoDB struct {
	lookup.Client[mongolookup.Query]
	file *pipelinefile.File
	cfg  mongolookup.Config
}

func openMongoDB(ctx context.Context, file *pipelinefile.File, f pipelinefile.Source, watch *tlsfiles.Watch) (Source, error) {
	section := "sources." + f.Name + ".mongodb"
	encryption, err := renewedTLS(file, section+".tls", f.MongoDB.TLS, watch)
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
func (m *mongoDB) Prepare(ctx context.Context, s *Stage) (Lookup, error) {
	l, err := m.Lookup(ctx, mongolookup.Query{
		Name: s.Name, Collection: s.Collection, Find: string(s.Find), Project: string(s.Project), Sort: string(s.Sort),
		Extended: s.Format == pipelinefile.FormatExtendedJSON, Key: s.Key, KeyType: s.KeyType, Many: s.Stage.List(),
	})
	if err != nil {
		return nil, m.file.Errorf("stages."+s.Name, "%v", errors.Unwrap(err))
	}
	return l.(Lookup), nil
}

// identity is the servers and the database. A new password does not change what they answer.
func (m *mongoDB) identity() string { return m.cfg.String() }
