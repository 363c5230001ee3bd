package registry_test

import (
	"testing"

	"github.com/loaderline/loaderline/internal/format/schemaid"
	"github.com/loaderline/loaderline/internal/registry"
)

func TestSubjectName(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		strategy, record string
		part             schemaid.Part
		want             string
	}{
		{"topic", "", schemaid.Value, "orders-value"},
		{"topic", "shop.Order", schemaid.Key, "orders-key"},
		{"record", "shop.Order", schemaid.Value, "shop.Order"},
		{"topic_record", "shop.Order", schemaid.Key, "orders-shop.Order"},
		{"my-subject", "", schemaid.Value, "my-subject"},
	} {
		if got, err := registry.SubjectName(c.strategy, "orders", c.record, c.part); got != c.want || err != nil {
			t.Errorf("%+v: %q, %v", c, got, err)
		}
	}
	for _, strategy := range []string{"record", "topic_record"} {
		if got, err := registry.SubjectName(strategy, "orders", "", schemaid.Value); err == nil {
			t.Errorf("%s of a schema without a name: %q", strategy, got)
		}
	}
}
