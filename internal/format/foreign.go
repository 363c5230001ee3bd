package format

import "bytes"

// Foreign names what the bytes of a record look like that are not what a registry's serializer writes, or is empty. It is for errors
// about records that were refused: a body can look like one of these by chance.
func Foreign(value []byte) string {
	for _, f := range foreign {
		if bytes.HasPrefix(value, []byte(f.prefix)) {
			return f.name
		}
	}
	return ""
}

var foreign = [...]struct{ prefix, name string }{
	{"Obj\x01", "an Avro object container file, which holds its schema and many records"},
	{"\xc3\x01", "an Avro single-object message, which names its schema by a fingerprint"},
	{"\x03\x00", "a record of AWS Glue's schema registry"},
	{"\x03\x05", "a compressed record of AWS Glue's schema registry"},
	{"\x1f\x8b", "gzip"},
	{"{", "JSON"},
	{"[", "JSON"},
}
