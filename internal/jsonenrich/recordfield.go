package jsonenrich

import (
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/loaderline/loaderline"
	"github.com/loaderline/loaderline/internal/codec"
	"github.com/loaderline/loaderline/internal/expression"
	"github.com/loaderline/loaderline/internal/jsondoc"
	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/sink"
)

// Names of the fields of a Kafka record.
const (
	recordKey       = "key"
	recordHeaders   = "headers"
	recordTopic     = "topic"
	recordPartition = "partition"
	recordOffset    = "offset"
	recordTimestamp = "timestamp"
)

// RecordTypes are the types of the fields of a Kafka record that each record has, by their paths.
func RecordTypes() map[string]expression.Type {
	return map[string]expression.Type{
		RecordRoot + "." + recordTopic: expression.Text, RecordRoot + "." + recordPartition: expression.Whole,
		RecordRoot + "." + recordOffset: expression.Whole, RecordRoot + "." + recordTimestamp: expression.Time,
	}
}

// CheckRecordPath returns why a path that begins with RecordRoot leads nowhere, and an empty text if it does not.
func CheckRecordPath(path jsondoc.Path, keyFormat Format) string {
	if len(path.Steps) == 0 {
		return "record names no field; write record.key, record.headers.NAME, record.topic, record.partition, record.offset or record.timestamp"
	}
	if len(path.Each().Steps) > 0 {
		return "a record has no list to take each element of; remove []"
	}
	switch name := path.Steps[0].Name; name {
	case recordHeaders:
		if len(path.Steps) == 2 {
			return ""
		}
		return "write record.headers.NAME, with the name of one header; a name with a dot is quoted, as in record.headers.\"trace.id\""
	case recordKey:
		if len(path.Steps) > 1 && keyFormat != JSON {
			return "the record's key is " + keyFormat.words() + ", and has no members; set input.key_format to json if it is a JSON object"
		}
		return ""
	case recordTopic, recordPartition, recordOffset, recordTimestamp:
		if len(path.Steps) > 1 {
			return "record." + name + " is a single value and has no members"
		}
		return ""
	default:
		return "a record has no " + name + "; it has key, headers, topic, partition, offset and timestamp"
	}
}

// recordField is a field of the Kafka record.
type recordField struct {
	path    jsondoc.Path
	format  Format           // of the key
	schemas *codec.Decoder   // of the key; nil if it has no schema
	scanner *jsondoc.Scanner // of a path into the key
}

// recordField adds a field of the Kafka record, which CheckRecordPath must have accepted.
func (p *Paths) recordField(path jsondoc.Path) int {
	f := recordField{path: path, format: p.keyFormat, schemas: p.keySchemas}
	if path.Steps[0].Name == recordKey && f.format == JSON {
		f.scanner = jsondoc.NewScanner([]jsondoc.Path{{Root: path.Root, Steps: path.Steps[1:]}}, nil)
	}
	return p.add(f)
}

func (f recordField) same(other maker) bool {
	o, ok := other.(recordField)
	return ok && o.path.String() == f.path.String()
}

// make appends the field as JSON. Its errors are those of the whole event: its record is not what the file says.
func (f recordField) make(dst []byte, s *scanned) ([]byte, error) {
	switch f.path.Steps[0].Name {
	case recordKey:
		return f.key(dst, s.record)
	case recordHeaders:
		return f.header(dst, s.record)
	case recordTopic:
		return lookupkey.AppendString(dst, s.record.Topic), nil
	case recordPartition:
		return strconv.AppendInt(dst, int64(s.record.Partition), 10), nil
	case recordOffset:
		return strconv.AppendInt(dst, s.record.Offset, 10), nil
	default:
		return append(s.record.Timestamp.UTC().AppendFormat(append(dst, '"'), time.RFC3339Nano), '"'), nil
	}
}

// header appends the last header of a name.
func (f recordField) header(dst []byte, r *loaderline.Record) ([]byte, error) {
	name := f.path.Steps[1].Name
	value := codec.LastHeader(r.Headers, name)
	switch {
	case value == nil:
		return dst, nil
	case !utf8.Valid(value):
		return dst, decodeFailure("the header %s is not text (UTF-8)", name)
	}
	return lookupkey.AppendString(dst, value), nil
}

// key appends the record's key, or a member of it.
func (f recordField) key(dst []byte, r *loaderline.Record) ([]byte, error) {
	if r.Key == nil {
		return dst, nil
	}
	json, err := f.keyJSON(r)
	if err != nil {
		return dst, decodeFailure("the record's key %v", err)
	}
	if f.scanner == nil {
		return append(dst, json...), nil
	}
	var found jsondoc.Result
	if err := f.scanner.Scan(json, &found); err != nil {
		return dst, decodeFailure("the record's key %v", err)
	}
	switch v := found.Values[0][0]; v.Kind {
	case jsondoc.Found:
		return append(dst, v.In(json)...), nil
	case jsondoc.Mismatch:
		return dst, decodeFailure("%s: a value on the path in the record's key is not an object", f.path)
	default:
		return dst, nil
	}
}

func (f recordField) keyJSON(r *loaderline.Record) ([]byte, error) {
	if f.schemas == nil {
		return f.format.AppendJSON(nil, r.Key)
	}
	v, err := f.schemas.Decode(nil, r.Key, r.Headers)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	return v.JSON, nil
}

// decodeFailure is the failure of an event that is not what the file says.
func decodeFailure(format string, args ...any) error {
	return &loaderline.Failure{Kind: sink.KindDecode, Message: fmt.Sprintf(format, args...)}
}
