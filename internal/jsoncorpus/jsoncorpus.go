// Package jsoncorpus makes documents that JSON parsers stumble over, as events for a pipeline: valid, invalid, and such
// that the standard leaves to the parser. Each comes with what a pipeline has to make of it.
package jsoncorpus

import (
	"fmt"
	"strings"
	"unicode/utf16"
)

// Size is how many documents there are.
const Size = 318

// Outcome is what becomes of a document whose key is the integer at user_id, where an event without a key is kept.
type Outcome string

// The outcomes: enriched, with the document in it byte for byte, or a dead letter of that kind.
const (
	Enriched Outcome = "enriched"
	Decode   Outcome = "decode" // no JSON object, or not one that all readers read alike
	Key      Outcome = "key"    // an object whose user_id cannot be a key
)

// Document is one event.
type Document struct {
	// Name begins with y, n or i: valid, invalid, or left to the parser by the standard.
	Name    string
	Text    []byte
	Outcome Outcome
}

// Documents are all documents, the same each time.
func Documents() []Document {
	var c corpus
	c.values()
	c.characters()
	c.keys()
	c.wholes()
	c.nested()
	// Truncated documents fill up what is missing.
	for end := 2; len(c) < Size; end++ {
		c.add("n_truncated", whole[:end], Decode)
	}
	return c
}

// whole is valid, and no beginning of it is.
const whole = `{"user_id":1,"text":"a\"b\\c\/\b\f\n\r\t\u00e9\ud83d\ude00 é 😀","numbers":[0,-0,1.5,-2e10,3E-7,4.25e+3],"yes":true,"no":false,"nothing":null,"list":[[],{},[{}]],"object":{"a":{"b":{"c":[1,2,3]}}}}`

type corpus []Document

func (c *corpus) add(name, text string, outcome Outcome) {
	*c = append(*c, Document{Name: fmt.Sprintf("%s_%d", name, len(*c)), Text: []byte(text), Outcome: outcome})
}

// inside adds documents with a value beside the key.
func (c *corpus) inside(name string, outcome Outcome, values ...string) {
	for _, value := range values {
		c.add(name, `{"user_id":1,"v":`+value+`}`, outcome)
	}
}

func (c *corpus) values() {
	c.inside("y_number", Enriched,
		"0", "-0", "1", "-1", "1.0", "0.1", "-0.0", "1e1", "1E1", "1e+1", "1e-1", "0e0", "0.0e-0", "123456789012345678901234567890",
		"9007199254740993", "-9007199254740993", "9223372036854775807", "18446744073709551616", "3.141592653589793238462643383279",
		strings.Repeat("9", 1000), "0."+strings.Repeat("0", 1000)+"1")
	// The size of a number is no matter of its syntax.
	c.inside("i_number", Enriched, "1e400", "-1e400", "1e-400", "0.4e00669999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999969999999006", "1E"+strings.Repeat("9", 100))
	c.inside("n_number", Decode,
		"00", "01", "-01", "-", "+1", ".5", "-.5", "5.", "1.e1", "1e", "1e+", "1E-", "1ee1", "1.5.5", "1e1.5", "0x1F", "0o7", "1_000", "1,000", "١",
		"NaN", "-NaN", "Infinity", "-Infinity", "inf", "1f", "1 2", "--1", "1-", "- 1", "１")
	c.inside("y_value", Enriched, "true", "false", "null", "[]", "{}", "[[]]", `[{}]`, `""`, "[ ]", "{ }", "\t1\n", "\r\n[1 , 2]\r\n", `{"":0}`, `{"a":{"a":{"a":0}}}`, `[1,"1",null,true,[],{}]`)
	c.inside("n_value", Decode,
		"", "True", "nul", "nulll", "tru", "undefined", "'a'", "a", `"a`, `a"`, `"a""b"`, "[", "]", "[1,]", "[,1]", "[1,,2]", "[1 2]", "[1;2]", "[1", "(1)", "{", `{"a"}`, `{"a":}`, `{:1}`, `{"a":1,}`,
		`{,"a":1}`, `{"a":1 "b":2}`, `{"a" 1}`, `{"a"::1}`, `{'a':1}`, `{a:1}`, `{1:1}`, `{null:1}`, `{[]:1}`, "1 // a", "/* a */ 1", "1 # a", "<null>", "*", "\f1", "\v1", "\u00a01", "\u20601", "\ufeff1")
	// What the standard allows and readers take differently: the first, the last, or both.
	c.inside("i_twice", Decode, `{"a":1,"a":2}`, `{"a":1,"a":1}`, `{"a":1,"\u0061":2}`, `[{"é":1,"\u00e9":1}]`)
	c.add("i_twice_key", `{"user_id":1,"user_id":2}`, Decode)
	c.add("i_twice_key", `{"user_id":1,"user\u005fid":1}`, Decode)
}

func (c *corpus) characters() {
	for char := range rune(0x20) {
		c.inside("n_control", Decode, `"a`+string(char)+`b"`)
	}
	for _, char := range []rune{0, 1, 0x1f, 0x20, 0x7f, 0x80, 0xe9, 0x2028, 0x2029, 0xfeff, 0xfffe, 0xffff} {
		c.inside("y_escaped", Enriched, fmt.Sprintf(`"\u%04x"`, char))
	}
	c.inside("y_escaped", Enriched, `"\u00E9"`, `"\uFFFE"`, `"\u20aC"`)
	c.inside("y_text", Enriched, `"\"\\\/\b\f\n\r\t"`, `"\ud834\udd1e"`, "\"\x7f\"", "\"\u0080\"", "\"\u2028\u2029\"", "\"\U0010ffff\"", "\"\ufffd\"", "\"\ufeff\"", `"`+strings.Repeat("é", 10_000)+`"`, `{"\u0000":"\u0000"}`)
	c.inside("n_escape", Decode, `"\a"`, `"\x41"`, `"\'"`, `"\0"`, `"\U0041"`, `"\u"`, `"\u12"`, `"\u12G4"`, `"\u{41}"`, `"\ "`, "\"\\\n\"", `"\"`, `"\\\"`)
	c.inside("i_surrogate", Decode, `"\ud800"`, `"\udc00"`, `"\ud800\ud800"`, `"\udc00\ud800"`, `"\ud800a"`, `"\ud800\n"`, `"\uD800\u0041"`)
	c.inside("i_utf8", Decode, "\"\xff\"", "\"\x80\"", "\"\xc0\xaf\"", "\"\xe2\x82\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xf8\x88\x80\x80\x80\"", "\"é\xe9\"", "{\"\xff\":1}")
}

// keys adds what may be at user_id.
func (c *corpus) keys() {
	for _, key := range []string{"1", "0", "-1", `"1"`, `"0001"`, "9007199254740993", "9223372036854775807", "null", `"9007199254740993"`, "7.0", "1e2", "70e-1", "-0.0"} {
		c.add("y_key", `{"user_id":`+key+`}`, Enriched)
	}
	for _, key := range []string{"1.5", "15e-1", "1e400", "9223372036854775808", "-9223372036854775809", "true", `""`, `"abc"`, `"1.5"`, `"\u0000"`, "{}", "[]", "[1]", `{"user_id":1}`, strings.Repeat("9", 400), `"` + strings.Repeat("1", 100_000) + `"`} {
		c.add("y_no_key", `{"user_id":`+key+`}`, Key)
	}
	c.add("y_absent", `{}`, Enriched)
	c.add("y_absent", " \t\r\n{ }\n", Enriched)
	c.add("y_absent", `{"user_Id":1}`, Enriched)
	c.add("y_escaped_name", `{"user\u005fid":1}`, Enriched)
}

// wholes adds what is no object, or more than one.
func (c *corpus) wholes() {
	for _, text := range []string{"null", "true", "0", `"user_id"`, "[]", `[{"user_id":1}]`} {
		c.add("y_no_object", text, Decode)
	}
	for _, text := range []string{
		"", " ", "\n", "\x00", "\x00\x00\x00\x00", "{\x00}", "{}\x00", "\ufeff", "\ufeff{}", "{}{}", "{}\n{}", "{},", "{}}", "{}]", "}", "{]", "[}", "é", "\xe9", "\xff\xfe", "<a/>", "a: 1", "user_id=1",
		utf16Text(`{"user_id":1}`, false), utf16Text(`{"user_id":1}`, true),
	} {
		c.add("n_whole", text, Decode)
	}
}

// nested adds documents that are deep. 10,000 levels are read, the document's own included.
func (c *corpus) nested() {
	lists := func(depth int) string { return strings.Repeat("[", depth) + strings.Repeat("]", depth) }
	objects := func(depth int) string { return strings.Repeat(`{"a":`, depth) + "0" + strings.Repeat("}", depth) }
	c.inside("i_deep", Enriched, lists(500), lists(9_999), objects(9_999))
	c.inside("i_deeper", Decode, lists(10_000), objects(10_000), lists(100_000))
	c.inside("n_deep", Decode, strings.Repeat("[", 100_000), strings.Repeat(`[{"":`, 50_000), strings.Repeat(`{"a":`, 100_000), lists(100)+"]")
}

// utf16Text is text in UTF-16, which no JSON between systems is in.
func utf16Text(text string, bigEndian bool) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(text)) {
		high, low := byte(unit>>8), byte(unit)
		if !bigEndian {
			high, low = low, high
		}
		b.WriteByte(high)
		b.WriteByte(low)
	}
	return b.String()
}
