package pipelinefile_test

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	pf "github.com/loaderline/loaderline/internal/pipelinefile"
)

func TestTopicSources(t *testing.T) {
	t.Parallel()
	f, err := pf.Load("testdata/right/topic.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want := []*pf.TopicSource{
		{Topic: "users", Key: pf.FormatText, Value: pf.FormatJSON, Envelope: pf.EnvelopeAuto, OnBad: pf.OnBadStop},
		{
			Topic: "accounts", Key: pf.FormatJSON, KeyFields: []string{"tenant", "id"}, Value: pf.FormatAvro, Envelope: pf.EnvelopeDebezium, OnBad: pf.OnBadSkip,
			Memory: 64 << 20, Disk: filepath.Join("testdata", "right", "tables"), MaxStaleness: 5 * time.Second, Retain: time.Hour,
		},
	}
	for i, s := range f.Sources {
		if diff := gocmp.Diff(want[i], s.Topic); diff != "" {
			t.Error(diff)
		}
		if s.Driver() != "topic" {
			t.Errorf("driver %s", s.Driver())
		}
	}
	for i, types := range [][]string{{"text"}, {"any", "any"}} {
		if s := f.Stages[i]; !slices.Equal(s.KeyType, types) || s.Cache != (pf.StageCache{}) {
			t.Errorf("stage %s: key types %v, cache %v", s.Name, s.KeyType, s.Cache)
		}
	}
	if got := f.AllTopics(); !slices.Contains(got, "users") || !slices.Contains(got, "accounts") || !f.OfOthers("users") || f.KeyOf("users") != "sources" {
		t.Errorf("topics %v", got)
	}
}
