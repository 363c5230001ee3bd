package runtime

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/sink"
)

// The first dead letters are logged at once, what follows each half a minute, and the rest at the end.
func TestDeadLettersAreLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var b bytes.Buffer
		d := &deadLetters{topic: "dead", log: slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Duration("after", time.Since(start))
			}
			return a
		}}))}
		missing := loaderline.DeadLetter{Kind: sink.KindMissing, Stage: "user"}
		decode := loaderline.DeadLetter{Kind: sink.KindDecode}
		d.add(nil)
		d.add(map[loaderline.DeadLetter]int{missing: 2})
		for range 10 {
			time.Sleep(time.Second)
			d.add(map[loaderline.DeadLetter]int{missing: 3, decode: 1})
		}
		time.Sleep(time.Hour)
		d.add(map[loaderline.DeadLetter]int{decode: 7})
		d.add(map[loaderline.DeadLetter]int{decode: 8})
		d.close()
		d.close()
		time.Sleep(time.Hour)
		want := []string{
			`after=0s level=WARN msg="dead letters" count=2 kind=missing stage=user topic=dead`,
			`after=30s level=WARN msg="dead letters" count=10 kind=decode topic=dead`,
			`after=30s level=WARN msg="dead letters" count=30 kind=missing stage=user topic=dead`,
			`after=1h0m10s level=WARN msg="dead letters" count=7 kind=decode topic=dead`,
			`after=1h0m10s level=WARN msg="dead letters" count=8 kind=decode topic=dead`,
		}
		if diff := cmp.Diff(want, strings.Split(strings.TrimSpace(b.String()), "\n")); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
	})
}
