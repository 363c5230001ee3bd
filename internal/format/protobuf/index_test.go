package protobuf_test

import (
	"bytes"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/loaderline/loaderline/internal/format/protobuf"
)

func TestIndex(t *testing.T) {
	for _, c := range []struct {
		wire  []byte
		index []int
		own   bool // the form that is written
	}{
		{[]byte{0x00}, []int{0}, true},
		{[]byte{0x02, 0x00}, []int{0}, false},
		{[]byte{0x02, 0x02}, []int{1}, true},
		{[]byte{0x04, 0x02, 0x00}, []int{1, 0}, true},
		{[]byte{0x02, 0x80, 0x08}, []int{512}, true},
	} {
		index, body, err := protobuf.ParseIndex(nil, append(bytes.Clone(c.wire), 0xaa))
		if diff := cmp.Diff(c.index, index); diff != "" || err != nil || !bytes.Equal(body, []byte{0xaa}) {
			t.Errorf("%x: %s, %x, %v", c.wire, diff, body, err)
		}
		if got := protobuf.AppendIndex(nil, c.index); c.own && !bytes.Equal(got, c.wire) {
			t.Errorf("%v is %x", c.index, got)
		}
	}
	for _, data := range [][]byte{
		nil,
		{0x80},
		{0x02},
		{0x01},
		{0x02, 0x01},
		{0x04, 0x00},
		protowire.AppendVarint(nil, math.MaxUint64-1),
		append(protowire.AppendVarint(nil, 202), make([]byte, 200)...),
		protowire.AppendVarint([]byte{0x02}, math.MaxUint64-1),
		bytes.Repeat([]byte{0xff}, 20),
	} {
		if index, body, err := protobuf.ParseIndex(nil, data); err == nil {
			t.Errorf("%x is %v and %x", data, index, body)
		}
	}
}

func TestRef(t *testing.T) {
	data := []byte{0x03, 0x0a, 0x01, 'B', 0xaa}
	name, body, err := protobuf.ParseRef(data)
	if string(name) != "B" || !bytes.Equal(body, []byte{0xaa}) || err != nil {
		t.Errorf("%s, %x, %v", name, body, err)
	}
	if got := protobuf.AppendRef(nil, "B"); !bytes.Equal(got, data[:4]) {
		t.Errorf("%x", got)
	}
	for _, data := range [][]byte{nil, {0x00}, {0x80}, {0x03, 0x0a, 0x01}, {0x02, 0x0a, 0x01}, {0x02, 0x10, 0x01}, {0x02, 0x0a, 0x00}, {0xff, 0xff, 0xff, 0xff, 0x0f, 0x0a}} {
		if name, body, err := protobuf.ParseRef(data); err == nil {
			t.Errorf("%x is %s and %x", data, name, body)
		}
	}
}

func FuzzIndex(f *testing.F) {
	f.Add([]byte{0x04, 0x02, 0x00, 0x08})
	f.Add([]byte{0x03, 0x0a, 0x01, 'B'})
	f.Fuzz(func(t *testing.T, data []byte) {
		if name, body, err := protobuf.ParseRef(data); err == nil {
			again, rest, err := protobuf.ParseRef(append(protobuf.AppendRef(nil, string(name)), body...))
			if err != nil || !bytes.Equal(again, name) || !bytes.Equal(rest, body) {
				t.Fatalf("%q is read back as %q, %v", name, again, err)
			}
		}
		index, body, err := protobuf.ParseIndex(nil, data)
		if err != nil {
			return
		}
		again, rest, err := protobuf.ParseIndex(nil, append(protobuf.AppendIndex(nil, index), body...))
		if diff := cmp.Diff(index, again); diff != "" || err != nil || !bytes.Equal(rest, body) {
			t.Fatalf("%v is read back as %v, %v", index, again, err)
		}
	})
}
