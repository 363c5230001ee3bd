package strictyaml

import (
	"encoding"
	"fmt"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// wants says what may be written for a key, for an error.
func (k Key) wants() string {
	switch k.Type {
	case TypeSwitch:
		return "true, false or a mapping"
	case TypeInteger:
		return "a whole number"
	case TypeBoolean:
		return "true or false"
	case TypeDuration:
		return "a duration with its unit, such as 20ms, 5s or 10m"
	case TypeSize:
		return "a size, such as 512KiB or 8MiB"
	case TypePercentage:
		return "a percentage, such as 80%"
	case TypeEnum:
		return JoinWords(k.Enum, "or")
	case TypeEnumOrTime:
		return strings.Join(k.Enum, ", ") + " or a time with its zone, such as 2006-01-02T15:04:05Z"
	case TypeList:
		return "a list, such as [a, b]"
	case TypeIntegers:
		return "a list of whole numbers, such as [404]"
	case TypeListOrOne, TypeListOrComma:
		return "text or a list of texts"
	case TypeExpression:
		return "an expression"
	case TypeExpressions:
		return "a mapping from names to expressions"
	case TypeStrings:
		return "a mapping from names to texts"
	case TypeRows:
		return "a list of mappings"
	case TypeTemplate:
		return "an expression, a mapping or a list"
	case TypeDocument:
		return "a mapping"
	default:
		return "text"
	}
}

// set reads a scalar as the key's type into the field, or says what is wrong with it.
func (k Key) set(field reflect.Value, s Scalar, opts Options) (problem string) {
	switch k.Type {
	case TypeInteger:
		return k.setNumber(field, s, kindNumber, formatInteger, parseInteger)
	case TypeSize:
		return k.setNumber(field, s, kindString, formatSize, parseSize)
	case TypePercentage:
		return k.setNumber(field, s, kindString, formatPercentage, parsePercentage)
	case TypeDuration:
		return k.setNumber(field, s, kindString, formatDuration, parseDuration)
	case TypeBoolean:
		return k.setBoolean(field, s)
	case TypeEnum, TypeEnumOrTime:
		return k.setEnum(field, s)
	case TypeSecret:
		if s.kind != kindString && !s.replaced {
			return "want text; put the value in quotes, or take it from the environment as \"${NAME}\""
		}
		if !s.replaced && unbraced(s.text) {
			return "is the name of a variable and not its value; write it in braces, as \"${NAME}\""
		}
		field.Set(reflect.ValueOf(NewSecret(s.text)))
	default:
		if problem := k.checkString(s); problem != "" {
			return problem
		}
		text := s.text
		if k.Type == TypePath {
			text = filepath.Clean(opts.path(text))
		}
		field.SetString(text)
	}
	return k.checkEmpty(s)
}

// checkString says what is wrong with a scalar that is not text or does not fit the key's pattern.
func (k Key) checkString(s Scalar) string {
	fits := k.Pattern == "" || s.unset || regexp.MustCompile(k.Pattern).MatchString(s.text)
	if s.kind != kindString && !s.replaced && fits {
		return fmt.Sprintf("want text, found %s; put it in quotes: %s", s.String(), quoted(s.written))
	}
	if problem := k.checkEmpty(s); problem != "" {
		return problem
	}
	switch {
	case fits:
		return ""
	case !s.replaced && unbraced(s.text):
		return fmt.Sprintf("%s cannot be used; for the value of the variable write it in braces: \"${%s}\"", s.String(), s.text[1:])
	default:
		return fmt.Sprintf("%s cannot be used; %s", s.String(), k.PatternDoc)
	}
}

// unbraced reports whether text is a variable in a shell's notation, $NAME.
func unbraced(text string) bool { return regexp.MustCompile(`^\$[A-Z_][A-Z0-9_]*$`).MatchString(text) }

// checkEmpty says what is wrong with an empty text, if the key needs one.
func (k Key) checkEmpty(s Scalar) string {
	empty := strings.TrimSpace(s.text) == ""
	switch {
	case !empty, !k.Required && k.Type != TypePath:
		return ""
	case s.replaced:
		return fmt.Sprintf("%s is empty", s.String())
	case k.Example != "":
		return "must not be empty; write for example " + k.Example
	}
	return "must not be empty"
}

// mismatch says that the value has another type than the key.
func (k Key) mismatch(s Scalar, hint string) string {
	return fmt.Sprintf("want %s, found %s%s", k.wants(), s.String(), hint)
}

func (k Key) setBoolean(field reflect.Value, s Scalar) string {
	known := s.text == "true" || s.text == "false"
	switch {
	case known && (s.kind == kindBoolean || s.replaced):
		field.SetBool(s.text == "true")
		return ""
	case known:
		return k.mismatch(s, "; remove the quotes")
	case s.replaced:
		return k.mismatch(s, "")
	}
	hint := ""
	switch strings.ToLower(s.text) {
	case "yes", "y", "on", "true", "1":
		hint = "; write true"
	case "no", "n", "off", "false", "0":
		hint = "; write false"
	}
	return k.mismatch(s, hint)
}

func (k Key) setEnum(field reflect.Value, s Scalar) string {
	if slices.Contains(k.Enum, s.text) || k.Type == TypeEnumOrTime {
		if u, ok := reflect.TypeAssert[encoding.TextUnmarshaler](field.Addr()); !ok {
			field.SetString(s.text)
			return ""
		} else if u.UnmarshalText([]byte(s.text)) == nil {
			return ""
		}
	}
	if s.replaced {
		return k.mismatch(s, "")
	}
	return k.mismatch(s, DidYouMean(s.text, k.Enum))
}

// setNumber reads an integer, a percentage, a duration or a size. kind is that of the scalars that the type is written as: a
// number must not be in quotes.
func (k Key) setNumber(field reflect.Value, s Scalar, kind scalarKind, format func(int64) string, parse func(string) (n int64, hint string, ok bool)) string {
	n, hint, ok := parse(s.text)
	if s.replaced {
		hint = ""
	} else if kind == kindNumber && s.quoted && ok {
		return k.mismatch(s, "; remove the quotes")
	}
	if !ok {
		return k.mismatch(s, hint)
	}
	if low, high := k.bounds(); n < low || n > high {
		return fmt.Sprintf("%s is out of range; want %s to %s", s.String(), format(low), format(high))
	}
	field.SetInt(n)
	return ""
}
