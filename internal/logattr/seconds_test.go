package logattr_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/loaderline/loaderline/internal/logattr"
)

func TestSeconds(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                          "0",
		3704 * time.Millisecond:    "3.704",
		300 * time.Microsecond:     "0",
		1999600 * time.Microsecond: "2",
		-1500 * time.Millisecond:   "-1.5",
		20 * time.Second:           "20",
	} {
		attr := logattr.Seconds("seconds", d)
		got, err := json.Marshal(attr.Value.Any())
		if err != nil || string(got) != want || attr.Key != "seconds" {
			t.Errorf("%v is logged as %s=%s, want %s (%v)", d, attr.Key, got, want, err)
		}
	}
}
