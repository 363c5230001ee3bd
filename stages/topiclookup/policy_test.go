package topiclookup_test

import (
	"strings"
	"testing"
	"time"

	"github.com/loaderline/loaderline/stages/topiclookup"
)

func TestTopicsThatDoNotKeepWhatATableNeeds(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		configs []string
		retain  time.Duration
		says    string // empty: nothing
	}{
		"compacted":              {configs: []string{"cleanup.policy=compact"}},
		"not compacted":          {configs: []string{"cleanup.policy=delete"}, says: "cleanup.policy=compact"},
		"kept forever":           {configs: []string{"cleanup.policy=delete", "retention.ms=-1"}},
		"versions are compacted": {configs: []string{"cleanup.policy=compact"}, retain: time.Hour, says: "min.compaction.lag.ms"},
		"versions are kept":      {configs: []string{"cleanup.policy=compact", "min.compaction.lag.ms=3600000"}, retain: time.Hour},
		"versions are deleted":   {configs: []string{"cleanup.policy=delete", "retention.ms=60000"}, retain: time.Hour, says: "retention.ms"},
		"versions last":          {configs: []string{"cleanup.policy=delete", "retention.ms=7200000"}, retain: time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := onKafka(t, test.configs...)
			w.publish(record("a", "{}"))
			c, _ := w.open(topiclookup.Config{Retain: test.retain})
			detail, warning, err := topiclookup.Describe(t.Context(), c)
			if err != nil || !strings.Contains(detail, "1 offset in 2 partitions") || (warning == "") != (test.says == "") || !strings.Contains(warning, test.says) {
				t.Errorf("%s: %s (%v)", detail, warning, err)
			}
			w.ready(c)
			if n := w.log.Count("may not keep what the table needs"); n != 0 != (test.says != "") {
				t.Errorf("%d warnings", n)
			}
		})
	}
}
