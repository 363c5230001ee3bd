package envelope_test

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/envelope"
	"github.com/loaderline/loaderline/sink"
)

func TestSourceCoordinates(t *testing.T) {
	header := func(key, value string) kgo.RecordHeader { return kgo.RecordHeader{Key: key, Value: []byte(value)} }
	full := []kgo.RecordHeader{header(sink.HeaderSourceTopic, "in"), header(sink.HeaderSourcePartition, "3"), header(sink.HeaderSourceOffset, "42")}
	want := envelope.Coordinates{Topic: "in", Partition: 3, Offset: 42}
	for name, tc := range map[string]struct {
		headers []kgo.RecordHeader
		found   bool
	}{
		"short":                    {[]kgo.RecordHeader{header("trace", "t"), header(sink.HeaderSource, "in/3/42")}, true},
		"full":                     {full, true},
		"both":                     {append([]kgo.RecordHeader{header(sink.HeaderSource, "before/1/7")}, full...), true},
		"the last of two":          {[]kgo.RecordHeader{header(sink.HeaderSource, "before/1/7"), header(sink.HeaderSource, "in/3/42")}, true},
		"none":                     {[]kgo.RecordHeader{header("trace", "t")}, false},
		"no offset":                {full[:2], false},
		"no topic":                 {[]kgo.RecordHeader{header(sink.HeaderSource, "/3/42")}, false},
		"two parts":                {[]kgo.RecordHeader{header(sink.HeaderSource, "in/3")}, false},
		"four parts":               {[]kgo.RecordHeader{header(sink.HeaderSource, "in/3/42/1")}, false},
		"a partition out of range": {[]kgo.RecordHeader{header(sink.HeaderSource, "in/2147483648/42")}, false},
		"an offset out of range":   {[]kgo.RecordHeader{header(sink.HeaderSource, "in/3/9223372036854775808")}, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, found := envelope.SourceCoordinates(&kgo.Record{Headers: tc.headers})
			if found != tc.found || found && got != want {
				t.Errorf("%+v %v, want %+v %v", got, found, want, tc.found)
			}
		})
	}
}
