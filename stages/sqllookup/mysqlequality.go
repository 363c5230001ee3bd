package sqllookup

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/stages/lookup"
)

// findEquality takes the key's types from its columns, where key_type does not say them, and finds out how the server
// compares each of them.
func (l *mysqlLookup) findEquality(ctx context.Context, s *mysqlShape, columns []*sql.ColumnType) error {
	said, ignoresCase := l.types != nil, true // of UUIDs
	for part, i := range s.layout.keys {
		p, err := l.keyPart(part, s.layout.names[i], columns[i].DatabaseTypeName(), said)
		if err != nil {
			return invalid(err)
		}
		if err := l.findPart(ctx, &p, len(s.layout.keys) > 1); err != nil {
			return err
		}
		ignoresCase = ignoresCase && p.ignoresCase
		if !said {
			l.types = append(l.types, p.keyType)
		}
		l.places, l.values, l.equality = append(l.places, p.place), append(l.values, p.value), append(l.equality, p.equality)
	}
	l.ask = l.compare
	l.forms = formsOf(l.types, ignoresCase)
	l.most = max(l.most/max(len(l.forms), 1), 1)
	return nil
}

// mysqlPart is a part of the key.
type mysqlPart struct {
	name, declared string // of its column
	said           bool   // key_type says its type
	keyType        lookupkey.Type
	ignoresCase    bool   // UUIDs may differ from their rows in case
	place, value   string // how a statement takes a key to look for, and a key to compare
	equality       partEquality
}

// keyPart is a part of the key with its type, which is compared by its bytes until findPart knows better.
func (l *mysqlLookup) keyPart(part int, name, declared string, said bool) (mysqlPart, error) {
	p := mysqlPart{name: name, declared: declared, said: said, ignoresCase: true, place: "?", value: "?", equality: partEquality{exact: true}}
	if err := followable(name, declared, said); err != nil {
		return p, err
	}
	if said {
		p.keyType = l.types[part]
		return p, nil
	}
	var ok bool
	if p.keyType, ok = mysqlKeyType(declared); !ok {
		return p, fmt.Errorf("the key column %q is %s, which does not say what keys are: say key_type, or cast it", name, declared)
	}
	return p, nil
}

// findPart finds out how the server compares a part of the key, which may be one of several.
func (l *mysqlLookup) findPart(ctx context.Context, p *mysqlPart, several bool) error {
	switch p.declared {
	case "CHAR", "VARCHAR", "TEXT", "TINYTEXT", "MEDIUMTEXT", "LONGTEXT", "ENUM", "SET":
		return l.findText(ctx, p, several)
	case "TIME":
		p.equality = partEquality{distinct: true}
	case "YEAR":
		p.equality = partEquality{distinct: true}
		if several {
			p.place = "YEAR(MAKEDATE(?,1))" // 24 is 2024 by itself, but not as a part of several keys.
		}
	case "DOUBLE":
		p.place, p.value, p.equality = "?+0e0", "?+0e0", partEquality{fold: foldFloat(64)}
	default:
		if p.keyType == lookupkey.Numeric {
			p.place = "CAST(? AS DECIMAL(65,20))" // A number that comes as text would be compared as a float.
			p.value = p.place
		}
	}
	return nil
}

// findText finds out how the server compares a part of the key that is text.
func (l *mysqlLookup) findText(ctx context.Context, p *mysqlPart, several bool) error {
	charset, collation, err := l.collation(ctx, p.name)
	if err != nil {
		return err
	}
	found, compared := collatedText(collation)
	caseless := strings.HasSuffix(collation, "_ci")
	p.ignoresCase = !p.said || p.keyType != lookupkey.UUID || caseless
	if !p.said {
		p.keyType = found
	} else if err := changed(p.keyType, quoteMySQL(p.name), found == lookupkey.CaselessASCII || caseless,
		!strings.Contains(collation, "_nopad_") && !strings.Contains(collation, "_0900_"), l.statement.words(mysqlDialect)); err != nil {
		return invalid(err)
	}
	if several && charset != "" && charset != "binary" && charset != "utf8mb4" {
		// MariaDB does not convert the parts of several keys itself.
		p.place = "CONVERT(? USING " + charset + ") COLLATE " + collation
	}
	if p.declared == "ENUM" || p.declared == "SET" {
		compared = partEquality{distinct: true}
	}
	compared.by = charset + " " + collation
	p.equality = compared
	return nil
}

// followable says what is wrong with a column that no key can equal, or none in JSON.
func followable(name, declared string, said bool) error {
	switch declared {
	case "FLOAT":
		return fmt.Errorf("the key column %q is FLOAT, in which 0.1 is not the number 0.1, so that no key equals it: "+
			"compare with CAST(%s AS CHAR), and return it AS _key, with key_type: text", name, name)
	case "BINARY", "VARBINARY", "BLOB", "TINYBLOB", "MEDIUMBLOB", "LONGBLOB", "GEOMETRY", "VECTOR":
		if said {
			return fmt.Errorf("the key column %q is %s, whose bytes no key in JSON can be: "+
				"compare with HEX(%s) or CONVERT(%s USING utf8mb4), and return it AS _key", name, declared, name, name)
		}
	}
	return nil
}

// usualCharsets are the character sets in which ASCII is what it is elsewhere, also to the server's own collations.
var usualCharsets = []string{"utf8mb4", "utf8mb3", "utf8", "latin1", "ascii"}

// usualCollations are the collations that take printable ASCII for equal if it differs only in case, by their names without the
// character set. Other collations have letters of a language's own.
var usualCollations = []string{
	"general", "general_mysql500", "general_nopad", "unicode", "unicode_nopad", "unicode_520", "unicode_520_nopad", "0900_ai", "0900_as",
	"uca1400_ai", "uca1400_as", "uca1400_nopad_ai", "uca1400_nopad_as", "swedish", "swedish_nopad",
}

// collatedText is the type of text of a collation, and how it compares, as its name says it.
func collatedText(collation string) (lookupkey.Type, partEquality) {
	charset, rest, _ := strings.Cut(collation, "_")
	family, caseless := strings.CutSuffix(rest, "_ci")
	caseful := false
	if !caseless {
		family, caseful = strings.CutSuffix(rest, "_cs")
	}
	usual := slices.Contains(usualCharsets, charset) && slices.Contains(usualCollations, family)
	padded := lookupkey.PaddedText
	if strings.Contains(collation, "_nopad_") || strings.Contains(collation, "_0900_") {
		padded = lookupkey.Text
	}
	switch {
	case collation == "" || collation == "binary":
		return lookupkey.Text, partEquality{exact: true}
	case strings.HasSuffix(collation, "_bin"):
		return padded, partEquality{exact: true}
	case caseless && usual:
		return lookupkey.CaselessASCII, partEquality{fold: orIdentifier(foldCaseless), regular: regularCaseless}
	case caseful && usual:
		return padded, partEquality{fold: orIdentifier(foldPlain), regular: regularPlain}
	}
	return lookupkey.Text, partEquality{}
}

// compareAtOnce is how many keys one statement compares: each with each row.
const compareAtOnce = 256

// compare runs the statement again, only for keys whose rows are not clear, wrapped in the comparison that the statement itself
// makes.
func (l *mysqlLookup) compare(ctx context.Context, keys []lookup.Key, rows []rowKey, equal func(key, row int)) error {
	numbers := make(map[string]int, len(rows))
	for i, r := range rows {
		numbers[string(r.cells)] = i
	}
	first := 0
	for some := range slices.Chunk(keys, min(compareAtOnce, max(l.most/2, 1))) {
		if err := l.compareSome(ctx, some, func(key int, cells []byte) {
			if row, ok := numbers[string(cells)]; ok {
				equal(first+key, row)
			}
		}); err != nil {
			return err
		}
		first += len(some)
	}
	return nil
}

func (l *mysqlLookup) compareSome(ctx context.Context, keys []lookup.Key, equal func(key int, cells []byte)) error {
	query, args := l.comparison(keys)
	rows, err := l.db.pool.QueryContext(ctx, query, args...)
	if err != nil {
		return mysqlError(ctx, err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.ColumnTypes()
	if err != nil {
		return mysqlError(ctx, err)
	}
	r, last := newMySQLRow(l.cellsOf(columns)), len(columns)-1
	var cells []byte
	return eachRow(ctx, rows, r.targets, mysqlError, func() error {
		cells = cells[:0]
		for i := range last {
			if cells, err = r.appendCell(cells, i); err != nil {
				return nil //nolint:nilerr // The row has no usable key.
			}
			cells = append(cells, 0)
		}
		for text := range strings.SplitSeq(string(r.values[last]), ",") {
			if key, err := strconv.Atoi(text); err == nil {
				equal(key, cells)
			}
		}
		return nil
	})
}

// comparison is the statement, and what it is given, whose rows are the key's columns and the numbers of the keys that they equal.
func (l *mysqlLookup) comparison(keys []lookup.Key) (string, []any) {
	inner := expand(l.statement, listSize(len(keys)*max(len(l.forms), 1)), l.places)
	var (
		columns, same []string
		args          []any
	)
	for part, name := range l.keyColumns {
		columns = append(columns, "keyed."+quoteMySQL(name))
		same = append(same, columns[part]+" = "+l.values[part])
	}
	test := strings.Join(same, " AND ")
	tests := make([]string, len(keys))
	for i, key := range keys {
		tests[i] = "IF(" + test + ",'" + strconv.Itoa(i) + "',NULL)"
		split := []lookup.Key{key}
		if len(l.types) > 1 {
			split = lookupkey.AppendParts(split[:0], key)
		}
		for part, text := range split {
			args = append(args, mysqlArgument(l.types[part], text))
		}
	}
	return "SELECT " + strings.Join(columns, ", ") + ", CONCAT_WS(',', " + strings.Join(tests, ", ") + ") FROM (\n" + inner.sql + "\n) keyed",
		append(args, l.arguments(keys)...)
}
