package schemaid_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/internal/format/schemaid"
)

const guidText = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"

var (
	guidBytes = "\x6b\xa7\xb8\x10\x9d\xad\x11\xd1\x80\xb4\x00\xc0\x4f\xd4\x30\xc8"
	guid      = schemaid.OfGUID([16]byte([]byte(guidBytes)))
)

// headers are headers by name.
type headers map[string]string

func (h headers) last(name string) []byte {
	value, ok := h[name]
	if !ok {
		return nil
	}
	return []byte(value)
}

func TestFind(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		part    schemaid.Part
		prefix  schemaid.Prefix
		data    string
		headers headers
		want    schemaid.Found
	}{
		"prefix": {data: "\x00\x00\x00\x01\x02body", want: schemaid.Found{ID: schemaid.OfNumber(258), Body: []byte("body")}},
		"prefix and no body": {
			data: "\x00\xff\xff\xff\xff", want: schemaid.Found{ID: schemaid.OfNumber(1<<32 - 1), Body: []byte{}},
		},
		"8 bytes": {
			prefix: schemaid.Apicurio8Byte, data: "\x00\x00\x00\x00\x00\x00\x00\x00\x07b",
			want: schemaid.Found{ID: schemaid.OfNumber(7), Body: []byte("b")},
		},
		"8 bytes of a global ID": {
			prefix: schemaid.Apicurio8ByteGlobal, data: "\x00\x00\x00\x00\x01\x00\x00\x00\x07b",
			want: schemaid.Found{ID: schemaid.OfGlobal(1<<32 + 7), Body: []byte("b")},
		},
		"GUID in the header": {
			data: "\x00\x00\x00\x00\x07", headers: headers{"__value_schema_id": "\x01" + guidBytes},
			want: schemaid.Found{ID: guid, Place: schemaid.InHeader, Body: []byte("\x00\x00\x00\x00\x07"), Index: []byte{}},
		},
		"GUID and a message index": {
			data: "b", headers: headers{"__value_schema_id": "\x01" + guidBytes + "\x02\x02"},
			want: schemaid.Found{ID: guid, Place: schemaid.InHeader, Body: []byte("b"), Index: []byte("\x02\x02")},
		},
		"number in the header": {
			data: "b", headers: headers{"__value_schema_id": "\x00\x00\x00\x00\x09"},
			want: schemaid.Found{ID: schemaid.OfNumber(9), Place: schemaid.InHeader, Body: []byte("b"), Index: []byte{}},
		},
		"header of a key": {
			part: schemaid.Key, data: "b", headers: headers{"__value_schema_id": "\x00\x00\x00\x00\x08", "__key_schema_id": "\x00\x00\x00\x00\x09"},
			want: schemaid.Found{ID: schemaid.OfNumber(9), Place: schemaid.InHeader, Body: []byte("b"), Index: []byte{}},
		},
		"Apicurio's content ID": {
			data: "b", headers: headers{"apicurio.value.contentId": "\x00\x00\x00\x00\x00\x00\x00\x03", "apicurio.value.globalId": "\x00\x00\x00\x00\x00\x00\x00\x04", "apicurio.value.encoding": "BINARY"},
			want: schemaid.Found{ID: schemaid.OfNumber(3), Place: schemaid.InApicurioHeader, Body: []byte("b")},
		},
		"Apicurio's global ID": {
			part: schemaid.Key, data: "", headers: headers{"apicurio.key.globalId": "\x00\x00\x00\x00\x00\x00\x00\x04"},
			want: schemaid.Found{ID: schemaid.OfGlobal(4), Place: schemaid.InApicurioHeader, Body: []byte{}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := schemaid.Find(c.part, c.prefix, []byte(c.data), c.headers.last)
			if err != nil {
				t.Fatal(err)
			}
			if got.ID != c.want.ID || got.Place != c.want.Place || !bytes.Equal(got.Body, c.want.Body) || !bytes.Equal(got.Index, c.want.Index) {
				t.Errorf("found %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestFindSaysWhatIsThere(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prefix  schemaid.Prefix
		data    string
		headers headers
		want    string
	}{
		"nothing":              {data: "", want: "it is empty"},
		"cut":                  {data: "\x00\x00\x01", want: "it has 3 bytes, and the ID takes 5"},
		"cut, of 8 bytes":      {prefix: schemaid.Apicurio8Byte, data: "\x00\x00\x00\x00\x01", want: "it has 5 bytes, and the ID takes 9"},
		"JSON":                 {data: " {\"a\":1}", want: "begins with 20 7b 22 61, which looks like JSON; set input.format to json"},
		"object container":     {data: "Obj\x01\x04", want: "an Avro object container file"},
		"single object":        {data: "\xc3\x01\x00\x00", want: "an Avro single-object message"},
		"Glue":                 {data: "\x03\x00\x01\x02", want: "AWS Glue's schema registry; check input.format and input.id"},
		"Glue, compressed":     {data: "\x03\x05\x01\x02", want: "compressed record of AWS Glue"},
		"something else":       {data: "\x08\x96", want: "it begins with 08 96, and not with 00"},
		"short header":         {data: "b", headers: headers{"__value_schema_id": "\x01\x02"}, want: "the header __value_schema_id has 2 bytes and begins with 01 02"},
		"empty header":         {data: "b", headers: headers{"__value_schema_id": ""}, want: "the header __value_schema_id has 0 bytes"},
		"header of what":       {data: "b", headers: headers{"__value_schema_id": "\x02\x00\x00\x00\x00"}, want: "begins with 02 00 00 00"},
		"short ID of Apicurio": {data: "b", headers: headers{"apicurio.value.globalId": "\x00\x01"}, want: "apicurio.value.globalId has 2 bytes"},
		"Avro as JSON": {
			data: "{}", headers: headers{"apicurio.value.contentId": "\x00\x00\x00\x00\x00\x00\x00\x03", "apicurio.value.encoding": "JSON"},
			want: `the header apicurio.value.encoding is "JSON"; set apicurio.registry.avro.encoding to BINARY`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found, err := schemaid.Find(schemaid.Value, c.prefix, []byte(c.data), c.headers.last)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("found %+v, error %v, want %q", found, err, c.want)
			}
		})
	}
}

func TestWhatIsAppendedIsFound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		id := schemaid.OfNumber(uint64(rapid.Uint32().Draw(t, "number")))
		if rapid.Bool().Draw(t, "GUID") {
			id = schemaid.OfGUID([16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "guid")))
		}
		body := rapid.SliceOf(rapid.Byte()).Draw(t, "body")
		part := rapid.SampledFrom([]schemaid.Part{schemaid.Value, schemaid.Key}).Draw(t, "part")
		header, err := schemaid.AppendHeader(nil, id)
		if err != nil {
			t.Fatal(err)
		}
		found, err := schemaid.Find(part, schemaid.Confluent, body, headers{schemaid.HeaderName(part): string(header)}.last)
		if err != nil || found.ID != id || !bytes.Equal(found.Body, body) || found.Place != schemaid.InHeader {
			t.Fatalf("header: found %+v, error %v", found, err)
		}
		if id.Kind() == schemaid.GUID {
			if again, err := schemaid.ParseGUID(id.Text()); err != nil || again != id {
				t.Fatalf("GUID %s: %v, %v", id.Text(), again, err)
			}
			return
		}
		data, err := schemaid.AppendPrefix(nil, id)
		if err != nil {
			t.Fatal(err)
		}
		found, err = schemaid.Find(part, schemaid.Confluent, append(data, body...), headers{}.last)
		if err != nil || found.ID != id || !bytes.Equal(found.Body, body) || found.Place != schemaid.InPrefix {
			t.Fatalf("prefix: found %+v, error %v", found, err)
		}
	})
}

func TestIDsThatDoNotFit(t *testing.T) {
	t.Parallel()
	for _, id := range []schemaid.ID{schemaid.OfNumber(1 << 32), schemaid.OfGlobal(1), {}} {
		if _, err := schemaid.AppendHeader(nil, id); err == nil {
			t.Errorf("%v fits into a header", id)
		}
		if _, err := schemaid.AppendPrefix(nil, id); err == nil {
			t.Errorf("%v fits into a prefix", id)
		}
	}
	if _, err := schemaid.AppendPrefix(nil, guid); err == nil || !strings.Contains(err.Error(), "output.id") {
		t.Errorf("a GUID in a prefix: %v", err)
	}
}

func TestTextOfIDs(t *testing.T) {
	t.Parallel()
	for want, id := range map[string]schemaid.ID{
		"no schema ID": {}, "schema ID 7": schemaid.OfNumber(7), "global ID 8": schemaid.OfGlobal(8), "schema GUID " + guidText: guid,
	} {
		if got := id.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if id, err := schemaid.ParseGUID(strings.ToUpper(guidText)); err != nil || id != guid {
		t.Errorf("%v, %v", id, err)
	}
	for _, text := range []string{"", guidText[1:], "x" + guidText[1:], strings.ReplaceAll(guidText, "-", "0")} {
		if id, err := schemaid.ParseGUID(text); err == nil {
			t.Errorf("%q is %v", text, id)
		}
	}
}

func TestIsHeader(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][2]bool{
		"__value_schema_id": {true, false}, "__key_schema_id": {false, true}, "apicurio.value.globalId": {true, false}, "apicurio.key.encoding": {false, true},
		"apicurio.protobuf.type": {true, false}, "apicurio.key.version": {false, true}, "trace": {false, false},
	} {
		if got := [2]bool{schemaid.IsHeader(schemaid.Value, name), schemaid.IsHeader(schemaid.Key, name)}; got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

// Finding an ID allocates nothing: it is done for each event.
func TestFindAllocatesNothing(t *testing.T) {
	data, names := []byte("\x00\x00\x00\x01\x02body"), []string{"trace", "span"}
	allocs := testing.AllocsPerRun(100, func() {
		_, err := schemaid.Find(schemaid.Value, schemaid.Confluent, data, func(name string) []byte {
			if slices.Contains(names, name) {
				return data
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

// What is found is part of the record, and is appended again as it was.
func FuzzFind(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x00\x01body"), "__value_schema_id", []byte("\x01"+guidBytes), byte(0))
	f.Add([]byte("\x00\x00\x00\x00\x00\x00\x00\x00\x01body"), "apicurio.value.contentId", []byte("\x00\x00\x00\x00\x00\x00\x00\x03"), byte(1))
	f.Add([]byte("{}"), "apicurio.value.encoding", []byte("JSON"), byte(2))
	f.Add([]byte("Obj\x01"), "trace", []byte{}, byte(0))
	f.Fuzz(func(t *testing.T, data []byte, name string, value []byte, prefix byte) {
		found, err := schemaid.Find(schemaid.Value, schemaid.Prefix(prefix%3), data, headers{name: string(value)}.last)
		if err != nil {
			if found.ID.Kind() != schemaid.None {
				t.Errorf("%v beside error %v", found.ID, err)
			}
			return
		}
		if found.ID.Kind() == schemaid.None || !bytes.HasSuffix(data, found.Body) {
			t.Fatalf("found %+v in %q", found, data)
		}
		switch {
		case found.Place == schemaid.InHeader:
			again, err := schemaid.AppendHeader(nil, found.ID)
			if err != nil || !bytes.Equal(append(again, found.Index...), value) {
				t.Errorf("% x is not % x: %v", again, value, err)
			}
		case found.Place == schemaid.InPrefix && schemaid.Prefix(prefix%3) == schemaid.Confluent:
			again, err := schemaid.AppendPrefix(nil, found.ID)
			if err != nil || !bytes.Equal(append(again, found.Body...), data) {
				t.Errorf("% x is not % x: %v", again, data, err)
			}
		}
	})
}
