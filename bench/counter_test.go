package bench

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/loaderline/loaderline/testenv"
)

// output returns the output of an event.
func output(id int) testenv.Record {
	return testenv.Record{Value: append([]byte(`{"event":`), testenv.NewEvent(id, 1).Value...)}
}

// take has the counter take outputs.
func take(t *testing.T, c *counter, ids ...int) {
	t.Helper()
	var records []testenv.Record
	for _, id := range ids {
		records = append(records, output(id))
	}
	if err := c.take(testenv.Batch{Records: records}); err != nil {
		t.Fatal(err)
	}
}

func TestCounter(t *testing.T) {
	for _, from := range []int{0, 100} {
		synctest.Test(t, func(t *testing.T) {
			c := newCounter(from, 10)
			begin := time.Now()
			if from > 0 {
				take(t, c, 0, 99) // of an earlier run
			}
			time.Sleep(time.Second)
			take(t, c, from)
			time.Sleep(4 * time.Second)
			take(t, c, from+1, from+1, from+2, from+9, from+8, from+7, from+6, from+5, from+4)
			select {
			case <-c.done:
				t.Fatal("done, although an event is missing")
			default:
			}
			time.Sleep(5 * time.Second)
			take(t, c, from+3)
			<-c.done
			// The rate is that of the events between the first tenth and the last.
			want := Result{Events: 10, Rate: 2, FirstOutput: 1, Total: 10, Repeated: 1}
			if got := c.result(begin, time.Now()); got != want {
				t.Errorf("counted %+v, want %+v", got, want)
			}
		})
	}
}

func TestCounterOfStrangeOutputs(t *testing.T) {
	c := newCounter(0, 10)
	for _, value := range []string{"", `{"event":{}}`, `{"event_id":"e-x"}`, string(output(10).Value)} {
		if err := c.take(testenv.Batch{Records: []testenv.Record{{Value: []byte(value)}}}); err == nil {
			t.Errorf("%q was taken", value)
		}
	}
}
