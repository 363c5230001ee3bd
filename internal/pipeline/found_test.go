package pipeline_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/cachetier"
	"github.com/loaderline/loaderline/internal/cachetier/tiertest"
	"github.com/loaderline/loaderline/internal/jsonenrich"
	"github.com/loaderline/loaderline/internal/pipeline"
)

func TestFoundSaysWhatStagesHaveAndFromWhere(t *testing.T) {
	cached := strings.Replace(purchasesStage, "many: true", "many: true, cache: {ttl: 1h}", 1)
	l, err := layout("nest", shopFile(t), userStage+cached+reviewsStage)
	if err != nil {
		t.Fatal(err)
	}
	var store tiertest.Store
	for i, tiers := range [][][]string{{nil, {"memory"}}, {{"fake"}, {"memory"}}} {
		p, err := pipeline.Open(t.Context(), l, pipeline.Options{Tiers: []cachetier.Tier{tiertest.NewFake(&store)}})
		if err != nil {
			t.Fatal(err)
		}
		for j, from := range tiers {
			d, err := p.Config.Decode(loaderline.Record{Value: []byte(`{"user_id":1}`)})
			if err != nil {
				t.Fatal(err)
			}
			rows := p.Config.Plan.Run(t.Context(), []jsonenrich.Document{d})
			// There are two reviews of one product, which was bought twice, and one of another.
			want := []pipeline.Found{{Rows: 1}, {Rows: 3, Tiers: from}, {Rows: 5}}
			if diff := cmp.Diff(want, p.Found(rows.At(0)), cmpopts.IgnoreFields(pipeline.Found{}, "Age")); diff != "" {
				t.Errorf("process %d, event %d (-want +got):\n%s", i, j, diff)
			}
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
}
