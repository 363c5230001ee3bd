package sqllookup

import (
	"bytes"
	"fmt"
	"net/netip"

	"github.com/loaderline/loaderline/internal/lookupext"
	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages/lookup"
)

// Spelling implements lookupext.Speller.
func (l *sqlLookup) Spelling() lookupext.Spelling { return l.described.Load().equality.spelling() }

func (e equality) spelling() lookupext.Spelling {
	if e.exact() {
		return lookupext.OneSpelling
	}
	for _, p := range e {
		if !p.exact && p.regular == nil {
			return lookupext.ManySpellings
		}
	}
	return lookupext.RegularSpelling
}

// Regular implements lookupext.Speller.
func (l *sqlLookup) Regular(key lookup.Key) bool {
	return !lookupkey.IsUnchecked(key) && l.described.Load().equality.regular(key, nil)
}

// regularCaseless is for text whose case does not count.
func regularCaseless(text []byte) bool {
	return regularPlain(text) && !bytes.ContainsFunc(text, isUpper)
}

// regularPlain is for text whose case counts. What may be a UUID or an address is regular in one form.
func regularPlain(text []byte) bool {
	if !lookupkey.IsPlain(text) {
		return false
	}
	if digits := hexDigits(text); len(digits) == 32 {
		key, err := lookupkey.UUID.Canonical(lookupkey.AppendString(nil, text))
		return err == nil && string(key) == string(lookupkey.AppendString(nil, text))
	}
	if !bytes.ContainsRune(text, ':') && bytes.Count(text, []byte(".")) != 3 || bytes.ContainsFunc(text, notOfAddress) {
		return true
	}
	address, err := netip.ParseAddr(string(text))
	return err == nil && !address.Is4In6() && address.String() == string(text)
}

func isUpper(r rune) bool { return r >= 'A' && r <= 'Z' }

func notOfAddress(r rune) bool {
	return r != ':' && r != '.' && (r < '0' || r > '9') && (r < 'a' || r > 'f') && (r < 'A' || r > 'F')
}

// changed returns an error if a call would change keys to a type while the column holds them unchanged: their rows would
// not be found. A statement that changes the column too has one of some words in it.
func changed(t lookupkey.Type, column string, ignoresCase, ignoresPadding bool, words map[string]bool) error {
	switch {
	case t == lookupkey.CaselessText && !ignoresCase && !words["lower"] && !words["lcase"]:
		return fmt.Errorf("key_type citext asks for keys in lower case, and the column %s tells cases apart: "+
			"compare with LOWER(%s), and return it AS _key, or leave key_type out", column, column)
	case t == lookupkey.PaddedText && !ignoresPadding && !words["rtrim"] && !words["trim"]:
		return fmt.Errorf("key_type char asks for keys without the spaces at their end, and these count in the column %s: "+
			"compare with RTRIM(%s), and return it AS _key, or write key_type: text", column, column)
	}
	return nil
}
