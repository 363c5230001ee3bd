package strictyaml

import (
	"strings"

	"github.com/goccy/go-yaml/token"
)

// joinPlainColons joins tokens that the YAML library splits within brackets. In [localhost:9092] the colon belongs to the
// text, because no space follows it and the text before it has no quotes.
func joinPlainColons(tokens token.Tokens) token.Tokens {
	var joined token.Tokens
	brackets := 0
	for i := 0; i < len(tokens); i++ {
		tk := tokens[i]
		switch tk.Type {
		case token.MappingStartType, token.SequenceStartType:
			brackets++
		case token.MappingEndType, token.SequenceEndType:
			brackets--
		default:
		}
		last := len(joined) - 1
		if brackets > 0 && last >= 0 && i+1 < len(tokens) && splitsText(joined[last], tk, tokens[i+1]) {
			next := tokens[i+1]
			joined[last] = token.New(joined[last].Value+":"+next.Value, joined[last].Origin+":"+next.Origin, joined[last].Position)
			i++
			continue
		}
		joined = append(joined, tk)
	}
	var linked token.Tokens
	linked.Add(joined...)
	return linked
}

// splitsText reports whether colon is within a text without quotes.
func splitsText(before, colon, after *token.Token) bool {
	return colon.Type == token.MappingValueType && plain(before) && plain(after) &&
		strings.HasSuffix(before.Origin, before.Value) && strings.HasPrefix(after.Origin, after.Value)
}

// plain reports whether a token is text without quotes.
func plain(tk *token.Token) bool {
	switch tk.Type {
	case token.StringType, token.IntegerType, token.BinaryIntegerType, token.OctetIntegerType, token.HexIntegerType,
		token.FloatType, token.NullType, token.InfinityType, token.NanType, token.BoolType:
		return true
	default:
		return false
	}
}
