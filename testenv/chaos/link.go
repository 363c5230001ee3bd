package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// link is a toxiproxy between the pipeline and one service.
type link struct{ proxy *toxiproxy.Proxy }

func newLink(name, listen, upstream string) (*link, error) {
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	l := &link{proxy: toxiproxy.NewProxy(server, name, listen, upstream)}
	if err := l.proxy.Start(); err != nil {
		return nil, fmt.Errorf("proxy to %s: %w", name, err)
	}
	return l, nil
}

// poison is a toxic as toxiproxy's documentation has it.
type poison struct {
	Type       string           `json:"type"`
	Stream     string           `json:"stream"`
	Attributes map[string]int64 `json:"attributes"`
}

func (l *link) add(p poison) error {
	if p.Attributes == nil {
		p.Attributes = map[string]int64{}
	}
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	if _, err := l.proxy.Toxics.AddToxicJson(bytes.NewReader(text)); err != nil {
		return fmt.Errorf("toxic %s: %w", text, err)
	}
	return nil
}

// clean takes all toxics away.
func (l *link) clean(ctx context.Context) error {
	l.proxy.Toxics.ResetToxics(ctx)
	return nil
}

// cut ends all connections and refuses new ones.
func (l *link) cut() error {
	l.proxy.Stop()
	return nil
}

func (l *link) restore() error { return l.proxy.Start() }

// repair removes the faults that a failed round has left.
func (l *link) repair() {
	l.proxy.Toxics.ResetToxics(context.Background())
	_ = l.proxy.Start() // One that runs says so.
}
