package grpclookup

import (
	"errors"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/loaderline/loaderline/internal/format"
	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/internal/plural"
	"github.com/loaderline/loaderline/stages/lookup"
)

// compileRequest checks the request and the types of its keys.
func (l *grpcLookup) compileRequest(q Query, input protoreflect.MessageDescriptor) (err error) {
	if l.template, err = parseTemplate(q.Request, spot{root: input}); err != nil {
		return err
	}
	samples := make([]string, len(l.template.parts))
	for i, p := range l.template.parts {
		t, ok := p.spot.keyType()
		if !ok && len(q.KeyType) == 0 {
			return wrong("key_type", "the descriptors do not say of which type the key is: write key_type")
		}
		l.types = append(l.types, t)
		samples[i] = p.sample()
	}
	if bad := l.try(samples); bad != nil {
		return wrong(settingIn(bad), "%s", bad.Reason)
	}
	if len(q.KeyType) == 0 {
		return nil
	}
	if len(q.KeyType) != len(l.types) {
		return wrong("key_type", "key_type has %s, and the key of the request has %s", plural.Count(len(q.KeyType), "type"), plural.Count(len(l.types), "part"))
	}
	return l.chooseTypes(q.KeyType, samples)
}

// settingIn is the setting that an error about a request is in.
func settingIn(e *format.Error) string {
	if e.Path == "" {
		return setting
	}
	return setting + "." + e.Path
}

// chooseTypes takes types in place of those of the fields. They must be such that the fields can hold the keys.
func (l *grpcLookup) chooseTypes(names, samples []string) error {
	for i, name := range names {
		t, err := lookupkey.ParseType(name)
		switch {
		case err != nil:
			return wrong("key_type", "%v", err)
		case t == lookupkey.Any:
			return wrong("key_type", "any tells 7 from \"7\", and a field has one of them: leave out key_type")
		}
		if l.types[i] = t; t == lookupkey.Text && l.template.parts[i].text {
			continue
		}
		samples[i] = typeSamples[t]
	}
	if bad := l.try(samples); bad != nil {
		return wrong("key_type", "%s does not fit the request: %s", strings.Join(names, ", "), reasonOf(bad))
	}
	return nil
}

// try encodes a request for one key, which has samples for its parts.
func (l *grpcLookup) try(samples []string) *format.Error {
	values := make([]lookup.Key, len(samples))
	for i, s := range samples {
		values[i] = lookup.Key(s)
	}
	text := append([]byte(l.template.before), l.template.appendElement(nil, values)...)
	_, err := l.encoder.AppendProto(nil, append(text, l.template.after...))
	bad, _ := errors.AsType[*format.Error](err)
	return bad
}

const sampleText, sampleNumber, sampleTime = `"a"`, "1", `"2000-01-01T00:00:00Z"`

// typeSamples are keys of each type.
var typeSamples = map[lookupkey.Type]string{
	lookupkey.Smallint: sampleNumber, lookupkey.Integer: sampleNumber, lookupkey.Bigint: sampleNumber, lookupkey.Numeric: sampleNumber,
	lookupkey.Text: sampleText, lookupkey.CaselessText: sampleText, lookupkey.PaddedText: sampleText,
	lookupkey.UUID: `"00000000-0000-0000-0000-000000000000"`, lookupkey.Boolean: "true", lookupkey.Timestamptz: sampleTime,
	lookupkey.Timestamp: `"2000-01-01T00:00:00"`, lookupkey.Date: `"2000-01-01"`,
}

// sample is a value that the field of a part can hold.
func (p part) sample() string {
	if p.spot.isTimestamp() {
		return sampleTime
	}
	kind, _ := p.spot.scalar()
	switch kind { //nolint:exhaustive // The others are numbers.
	case protoreflect.BoolKind:
		return "true"
	case protoreflect.StringKind:
		return sampleText
	case protoreflect.BytesKind:
		return `""`
	case protoreflect.EnumKind:
		return `"` + string(p.spot.value().Enum().Values().Get(0).Name()) + `"`
	}
	return sampleNumber
}
