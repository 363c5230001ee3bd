package loaderline_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/stages"
)

func TestEnrichMakesWhatRunPublishes(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	b.publish(events(50)...)
	b.publish(&kgo.Record{Value: []byte("x")}, &kgo.Record{Key: []byte("k")})
	cfg := numbers(b, doubles)
	stop := start(t, cfg)
	published := append(b.read("out", 35), b.read("dead", 12)...)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	p, err := loaderline.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	made, tally, err := p.Enrich(t.Context(), b.read("in", 52))
	if err != nil {
		t.Fatal(err)
	}
	if tally.Records != 52 || tally.Enriched != 35 || tally.Dropped != 5 {
		t.Errorf("tally %+v", tally)
	}
	if diff := cmp.Diff(bySource(published), bySource(slices.Concat(made...))); diff != "" {
		t.Errorf("Run published, Enrich made:\n%s", diff)
	}
}

// bySource is what records say, without the times of dead letters, by where they come from.
func bySource(records []*kgo.Record) map[string][]string {
	all := map[string][]string{}
	for _, r := range records {
		says := []string{r.Topic, string(r.Key), string(r.Value)}
		for _, h := range r.Headers {
			if !strings.HasSuffix(h.Key, "_at") {
				says = append(says, h.Key+": "+string(h.Value))
			}
		}
		all[inputOf(r)] = says
	}
	return all
}

func TestEnrichPublishesNothingInAnOutage(t *testing.T) {
	t.Parallel()
	cfg := numbers(newBroker(t), stages.MapSource(func(context.Context, []int) (map[int]int, error) {
		return nil, errors.New("away")
	}))
	p, err := loaderline.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	records, _, err := p.Enrich(t.Context(), []*kgo.Record{{Value: []byte("1")}})
	if !errors.Is(err, stages.ErrOutage) || len(records) > 0 {
		t.Errorf("%d records, error %v", len(records), err)
	}
}
