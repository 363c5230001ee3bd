package check

import (
	"context"
	"errors"

	"github.com/loaderline/loaderline/internal/format/schemaid"
	"github.com/loaderline/loaderline/internal/pipeline"
	"github.com/loaderline/loaderline/internal/registry"
)

// registry checks that the schema registry answers, and says which schemas it has of events.
func (c Check) registry(ctx context.Context) {
	const what = "registry"
	file := c.Layout.File
	client, err := pipeline.OpenRegistry(file, nil)
	if err != nil {
		c.failed(what, what, err)
		return
	}
	defer client.Close()
	name := file.Registry.URLs[0]
	if err := pipeline.RegistryError(file, pipeline.Reach(ctx, what, client.Ping)); err != nil {
		c.failed(what, name, err)
		return
	}
	c.ok(what, name, "answers")
	if file.Input.Format.HasSchema() && file.Input.Schema == "" {
		c.subjects(ctx, client, schemaid.Value)
	}
	if file.Input.KeyFormat.HasSchema() {
		c.subjects(ctx, client, schemaid.Key)
	}
}

// subjects says which schemas the subjects have that are named by the input topics. Events may have schemas of other subjects.
func (c Check) subjects(ctx context.Context, client *registry.Client, part schemaid.Part) {
	for _, topic := range c.Layout.File.Input.Topics {
		subject, err := registry.SubjectName(registry.ByTopic, topic, "", part)
		if err != nil {
			c.failed("subject", topic, err)
			continue
		}
		latest, err := client.Latest(ctx, subject)
		switch {
		case errors.Is(err, registry.ErrUnknownSubject), errors.Is(err, registry.ErrUnknownVersion):
			c.ok("subject", subject, "not there; publish and try need it, and run does not")
		case err != nil:
			c.failed("subject", subject, pipeline.RegistryError(c.Layout.File, err))
		default:
			c.ok("subject", subject, "the latest is version %d, %s", latest.Version, latest.ID)
		}
	}
}
