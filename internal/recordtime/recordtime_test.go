package recordtime_test

import (
	"encoding/binary"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/goleak"

	"github.com/loaderline/loaderline/internal/recordtime"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestDoubtful(t *testing.T) {
	t.Parallel()
	// as the client makes a time of milliseconds.
	client := func(ms int64) time.Time { return time.Unix(0, ms*int64(time.Millisecond)) }
	const now = int64(1764345600000)
	for ms, want := range map[int64]bool{
		now: false, now + 1: false, 1764345600: false, 1: false,
		now * 1e3: true, now * 1e6: true, math.MaxInt64: true, math.MinInt64: true, 1 << 58: true, 1 << 62: true,
		0: true, -1: true, -now: true,
	} {
		if got := recordtime.Doubtful(client(ms)); got != want {
			t.Errorf("%d: got %t", ms, got)
		}
	}
}

func TestFits(t *testing.T) {
	t.Parallel()
	const most = math.MaxInt64 / int64(time.Millisecond)
	for ms, want := range map[int64]bool{
		0: true, -1: true, 1764345600000: true, most: true, -most: true,
		most + 1: false, 1764345600000000: false, math.MaxInt64: false, math.MinInt64: false,
	} {
		if got := recordtime.Fits(time.UnixMilli(ms)); got != want {
			t.Errorf("%d: got %t", ms, got)
		}
	}
}

// batch returns a record batch with a record for each timestamp.
func batch(first, appendTime int64, times ...int64) []byte {
	b := kmsg.NewRecordBatch()
	b.Magic, b.FirstOffset, b.NumRecords, b.LastOffsetDelta = 2, first, int32(len(times)), int32(len(times)-1)
	b.FirstTimestamp, b.MaxTimestamp = times[0], times[0]
	if appendTime > 0 {
		b.MaxTimestamp, b.Attributes = appendTime, 8
	}
	for i, at := range times {
		r := kmsg.NewRecord()
		r.OffsetDelta, r.TimestampDelta64, r.Value = int32(i), at-times[0], []byte("v")
		body := r.AppendTo(nil)
		_, used := binary.Varint(body)
		r.Length = int32(len(body) - used)
		b.Records = r.AppendTo(b.Records)
	}
	raw := b.AppendTo(nil)
	binary.BigEndian.PutUint32(raw[8:], uint32(len(raw)-12))
	return raw
}

func TestRead(t *testing.T) {
	t.Parallel()
	const now = int64(1764345600000)
	raw := batch(10, 0, now, now*1e3, -1, math.MaxInt64)
	raw = append(raw, batch(20, 7, now*1e6, now)...)
	raw = append(raw, batch(30, 0, 5)...)
	cut := slices.Concat(raw, batch(40, 0, 6)[:60])
	want := map[int64]int64{10: now, 11: now * 1e3, 12: -1, 13: math.MaxInt64, 20: 7, 21: 7, 30: 5}
	for name, data := range map[string][]byte{"whole": raw, "cut off": cut} {
		got, err := recordtime.Read(data, 1000)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
	got, err := recordtime.Read(raw, 15)
	if diff := cmp.Diff(map[int64]int64{10: now, 11: now * 1e3, 12: -1, 13: math.MaxInt64}, got); diff != "" || err != nil {
		t.Errorf("up to 15: %v (-want +got):\n%s", err, diff)
	}
	old := batch(1, 0, 1)
	old[16] = 1
	if _, err := recordtime.Read(old, 1000); err == nil {
		t.Error("message format 1 was read")
	}
}

// FuzzRead compares with what the client reads: the same records, and the same timestamps where they fit.
func FuzzRead(f *testing.F) {
	f.Add(batch(1, 0, 1, 2, math.MaxInt64))
	f.Add(batch(1, 5, 1))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 16 && data[16] != 2 || len(data) > 22 && data[22]&0xa7 != 0 {
			return // Another format, compressed, a marker, or what the client uses itself.
		}
		times, err := recordtime.Read(data, math.MaxInt64)
		fetched := kmsg.NewFetchResponseTopicPartition()
		fetched.RecordBatches = data
		got, _ := kgo.ProcessFetchPartition(kgo.ProcessFetchPartitionOpts{Offset: math.MinInt64, Topic: "t", DisableCRCValidation: true},
			&fetched, kgo.DefaultDecompressor(), nil)
		if err != nil || got.Err != nil {
			return
		}
		if len(data) < 61 || len(got.Records) != int(binary.BigEndian.Uint32(data[57:])) || len(got.Records) != len(times) {
			return // Offsets that do not rise, which no log has, or several batches.
		}
		for _, r := range got.Records {
			ms, ok := times[r.Offset]
			if !ok || recordtime.Fits(time.UnixMilli(ms)) && ms != r.Timestamp.UnixMilli() {
				t.Errorf("offset %d: %d, %t; the client has %d", r.Offset, ms, ok, r.Timestamp.UnixMilli())
			}
		}
	})
}
