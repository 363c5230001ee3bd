package e2e_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loaderline/loaderline/testenv"
)

// With stale values in the cache, an outage does not even stop the pipeline: the records say how old they are. With very
// many events, 5,000 a second, the database is away for 20 s and comes back; what is published one TTL later is fresh.
func TestAnOutageWithStaleValues(t *testing.T) {
	t.Parallel()
	const ttl = 500 * time.Millisecond
	postgres, dsn := ownPostgres(t)
	o := options{dsn: dsn, hold: true, users: 50, cache: fmt.Sprintf("{ttl: %v, stale_if_error: 1h}", ttl)}
	returns := eventCount(t) >= full
	if returns {
		o.hold, o.rate = false, 5000
	}
	s := newScenario(t, o)
	p := s.run("")
	s.waitFor(20)
	if !returns {
		s.waitFor(50)
	}
	back := time.After(20 * time.Second)
	if err := postgres.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	fresh := time.Now().Add(time.Hour)
	if returns {
		<-back
		if err := postgres.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		fresh = time.Now().Add(ttl)
	} else {
		close(s.release)
	}
	report := s.verdict()
	if report.Dead != 0 {
		t.Errorf("%d dead letters in an outage", report.Dead)
	}
	records, err := testenv.ReadAll(t.Context(), s.kafka, s.output)
	if err != nil {
		t.Fatal(err)
	}
	stale := regexp.MustCompile(`^((user|purchases|reviews)=stale:\d+s,?)+$`)
	marked := 0
	for _, r := range records {
		if degraded, ok := r.Header("loaderline.degraded"); ok {
			if marked++; !stale.MatchString(degraded) {
				t.Fatalf("loaderline.degraded: %s", degraded)
			}
			if r.Time.After(fresh) {
				t.Fatalf("published %v after the database was back for a TTL: %s", r.Time.Sub(fresh), degraded)
			}
		}
	}
	t.Logf("%d of %d records are marked", marked, len(records))
	if marked < s.events/4 {
		t.Errorf("%d of %d records are marked", marked, s.events)
	}
	p.terminate()
}

// Whatever is in the topic: each record has one outcome, and the pipeline lives.
func TestBadInput(t *testing.T) {
	t.Parallel()
	bad := map[int]struct{ value, kind string }{
		100:  {`{"event_id":"e-100","user_id":`, "decode"},
		200:  {`["e-200"]`, "decode"},
		300:  {`"e-300"`, "decode"},
		400:  {`{"event_id":"e-400"}`, "missing"},
		500:  {`{"event_id":"e-500","user_id":null}`, "missing"},
		600:  {`{"event_id":"e-600","user_id":"many"}`, "key"},
		700:  {`{"event_id":"e-700","user_id":[1]}`, "key"},
		800:  {`{"event_id":"e-800","user_id":1.5}`, "key"},
		900:  {`{"event_id":"e-900","user_id":99999999999999999999}`, "key"},
		1000: {`{"event_id":"e-1000","user_id":-1}`, "missing"},
		1100: {"{\"event_id\":\"e-1100\",\"user_id\":1,\"x\":\"\xff\"}", "decode"},
		1200: {``, "decode"},
		1300: {`{"event_id":"e-1300","user_id":1,"user_id":2}`, "decode"},
		1400: {`{"event_id":"e-1400","user_id":1,"x":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`, "decode"},
		1500: {`{"event_id":"e-1500","user_id":1,"pad":"` + strings.Repeat("x", 1<<20) + `"}`, ""},
		1600: {`{"event_id":"e-1600","user_id":1,"pad":"` + strings.Repeat("x", 2<<20-200) + `"}`, "too_large"},
	}
	values := map[int]string{}
	want := map[string]int{}
	for id, b := range bad {
		values[id] = b.value
		if b.kind != "" {
			want[b.kind]++
		}
	}
	strict := func(d testenv.DeadLetter) bool {
		return strings.Contains(d.Message, "invalid UTF-8") || strings.Contains(d.Message, "twice in one object")
	}
	s := newScenario(t, options{values: values, allowDead: strict, inputConfig: []string{"max.message.bytes=8388608"}, outputConfig: []string{"max.message.bytes=2097152"}})
	p := s.run("")
	report := s.verdict()
	got := map[string]int{}
	for _, d := range report.DeadLetters {
		got[d.Kind]++
		if d.Message == "" {
			t.Errorf("the dead letter of %v has no message", d.Source)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	p.terminate()
}
