package main

import (
	"context"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/console"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/topicread"
)

// rawUsage describes the flag that turns decoding off.
const rawUsage = "print keys and values as the bytes that they are, also those with a schema"

// decoded returns what decodes records that are printed, and what ends it. Raw records stay as they are.
func (l *loaded) decoded(c *console.Console, raw bool) (decode func(context.Context, *kgo.Record) (topicread.Decoded, error), end func(), err error) {
	if raw {
		return func(context.Context, *kgo.Record) (topicread.Decoded, error) { return topicread.Decoded{}, nil }, func() {}, nil
	}
	inspector, err := pipeline.NewInspector(l.layout.File, l.certificates, func(err error) {
		c.Say("%v; it is printed as it is, and so is what else cannot be decoded", err)
	})
	if err != nil {
		return nil, nil, err
	}
	return inspector.Decode, inspector.Close, nil
}
