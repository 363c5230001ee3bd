// Package redissource adds Redis to the programs that import it: as a source, and as the cache that processes share.
package redissource

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/pipelinefile"
	"github.com/loaderline/loaderline/internal/redisconn"
	"github.com/loaderline/loaderline/internal/tlsfiles"
	"github.com/loaderline/loaderline/stages/lookup"
	"github.com/loaderline/loaderline/stages/redislookup"
)

// redisServer is a source of kind redis.
type redisServer struct {
	lookup.Client[redislookup.Query]
	file *pipelinefile.File
	cfg  redislookup.Config
}

// config is a section that is a pipelinefile.Redis, as its client has it.
func config(file *pipelinefile.File, section string, r *pipelinefile.Redis, timeout time.Duration, watch *tlsfiles.Watch) (redislookup.Config, error) {
	encryption, err := pipeline.RenewedTLS(file, section+".tls", r.TLS, watch)
	return redislookup.Config{
		Addrs: r.Addresses, Cluster: r.Cluster, Username: r.Username, Password: lookup.Secret(r.Password.Reveal()), DB: r.DB,
		RenewTLS: encryption, Pool: r.Pool, Timeout: timeout,
	}, err
}

func init() {
	pipeline.RegisterSource(string(pipelinefile.KindRedis), open)
	pipeline.RegisterRedisTier(openTier)
}

func open(ctx context.Context, file *pipelinefile.File, f pipelinefile.Source, opts pipeline.SourceOptions) (pipeline.Source, error) {
	section := "sources." + f.Name + ".redis"
	cfg, err := config(file, section, f.Redis, f.Timeout, opts.Certificates)
	if err != nil {
		return nil, err
	}
	client, err := redislookup.Open(ctx, cfg)
	if err != nil {
		return nil, file.Errorf(section, "%v", errors.Unwrap(err))
	}
	return &redisServer{Client: client, file: file, cfg: cfg}, nil
}

// Prepare checks what the stage asks; the server is not asked.
func (r *redisServer) Prepare(ctx context.Context, s *pipeline.Stage) (pipeline.Lookup, error) {
	q := redislookup.Query{Name: s.Name, Key: s.Get, KeyType: s.KeyType, Kind: redislookup.JSON, Many: s.Stage.List()}
	switch {
	case s.Hash != "":
		q.Key, q.Kind = s.Hash, redislookup.Hash
	case s.Format == pipelinefile.FormatText:
		q.Kind = redislookup.String
	}
	for len(q.KeyType) < len(s.By) {
		q.KeyType = append(q.KeyType, "text")
	}
	l, err := r.Lookup(ctx, q)
	if err != nil {
		return nil, r.file.Errorf("stages."+s.Name, "%v", errors.Unwrap(err))
	}
	return l.(pipeline.Lookup), nil
}

func (r *redisServer) Identity() string {
	return fmt.Sprintf("%v, database %d", redisconn.Config(r.cfg), r.cfg.DB)
}
