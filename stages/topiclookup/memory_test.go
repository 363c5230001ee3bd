package topiclookup_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/stages/topiclookup"
)

// heap is what is alive, in bytes.
func heap() int64 {
	runtime.GC()
	runtime.GC() // What finalizers hold is free only then.
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

// TestMemoryOfAKey bounds the memory of a key beside itself and its row. It does not run beside other tests.
func TestMemoryOfAKey(t *testing.T) {
	const keys, bound = 200_000, 400
	w, _ := onFake(t)
	var content int64
	for from := 0; from < keys; from += 10_000 {
		var records []*kgo.Record
		for i := from; i < from+10_000; i++ {
			r := record(fmt.Sprintf("user-%07d", i), fmt.Sprintf(`{"id":%d,"name":"User number %d","tier":"gold","city":"Trondheim"}`, i, i))
			content += int64(len(r.Key) + len(r.Value))
			records = append(records, r)
		}
		w.publish(records...)
	}
	before := heap()
	c, _ := w.open(topiclookup.Config{})
	w.ready(c)
	status := topiclookup.StatusOf(c)
	used := heap() - before
	if status.Keys != keys {
		t.Fatalf("%d keys, want %d", status.Keys, keys)
	}
	beside := (used - content) / keys
	t.Logf("%d bytes for each key beside %d of key and row; %d are counted", beside, content/keys, (status.Bytes-content)/keys)
	if beside > bound {
		t.Errorf("%d bytes for each key, want at most %d", beside, bound)
	}
	if status.Bytes < used*8/10 {
		t.Errorf("%d bytes are counted, and %d used", status.Bytes, used)
	}
	runtime.KeepAlive(c)
}
