package sqllookup

import (
	"context"
	"fmt"
	"strconv"

	"github.com/loaderline/loaderline/internal/lookupkey"
	"github.com/loaderline/loaderline/internal/sqldriver"
)

// pgType is what the catalog says of a type.
type pgType struct {
	name    string
	array   uint32 // the type of its arrays
	element uint32 // of what it is an array, or 0
	base    uint32 // of what it is a domain, or 0
	enum    bool
}

const typesSQL = `
SELECT t.oid, t.typname, t.typarray, t.typbasetype, t.typtype,
       CASE WHEN t.typinput = 'pg_catalog.array_in'::regproc AND e.typdelim = ',' THEN t.typelem ELSE 0 END
FROM pg_catalog.pg_type t LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem
WHERE t.oid = ANY($1)`

// learn reads from the catalog what is not known yet of types, and of what they consist of.
func (p *postgres) learn(ctx context.Context, oids []uint32) error {
	for {
		var missing []uint32
		p.mu.RLock()
		for _, oid := range oids {
			if _, ok := p.catalog[oid]; !ok && oid != 0 {
				missing = append(missing, oid)
			}
		}
		p.mu.RUnlock()
		if len(missing) == 0 {
			return nil
		}
		learned, err := p.readTypes(ctx, missing)
		if err != nil {
			return err
		}
		oids = nil
		p.mu.Lock()
		for _, oid := range missing {
			t := learned[oid] // A type that is gone is text.
			p.catalog[oid] = t
			oids = append(oids, t.element, t.base)
		}
		p.mu.Unlock()
	}
}

func (p *postgres) readTypes(ctx context.Context, oids []uint32) (map[uint32]pgType, error) {
	learned := make(map[uint32]pgType, len(oids))
	list := []byte{'{'}
	for i, oid := range oids {
		if i > 0 {
			list = append(list, ',')
		}
		list = strconv.AppendUint(list, uint64(oid), 10)
	}
	q := sqldriver.PostgresQuery{SQL: typesSQL, Values: [][]byte{append(list, '}')}, OIDs: []uint32{oidOIDArray}}
	err := p.run(ctx, q, func(_ []sqldriver.PostgresField, v [][]byte) error {
		learned[oidOf(v[0])] = pgType{name: string(v[1]), array: oidOf(v[2]), base: oidOf(v[3]), enum: string(v[4]) == "e", element: oidOf(v[5])}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return learned, nil
}

func oidOf(text []byte) uint32 {
	n, _ := strconv.ParseUint(string(text), 10, 32)
	return uint32(n)
}

// known is a type without the domains around it. The answer is false until learn was asked for it.
func (p *postgres) known(oid uint32) (uint32, pgType, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	for {
		t, ok := p.catalog[oid]
		if !ok || t.base == 0 {
			return oid, t, ok
		}
		oid = t.base
	}
}

// keyType is the type of keys for a parameter of a type of the database.
func (p *postgres) keyType(oid uint32) (lookupkey.Type, error) {
	oid, t, _ := p.known(oid)
	switch oid {
	case oidInt2:
		return lookupkey.Smallint, nil
	case oidInt4:
		return lookupkey.Integer, nil
	case oidInt8, oidOID:
		return lookupkey.Bigint, nil
	case oidNumeric, oidFloat4, oidFloat8:
		return lookupkey.Numeric, nil
	case oidBool:
		return lookupkey.Boolean, nil
	case oidUUID:
		return lookupkey.UUID, nil
	case oidTimestamptz:
		return lookupkey.Timestamptz, nil
	case oidTimestamp:
		return lookupkey.Timestamp, nil
	case oidDate:
		return lookupkey.Date, nil
	case oidBPChar:
		return lookupkey.PaddedText, nil
	case oidBytea, oidJSON, oidJSONB, oidRecord:
		return lookupkey.Any, fmt.Errorf("a %s cannot be a key: compare with a column of another type", t.name)
	}
	if t.name == citext {
		return lookupkey.CaselessASCII, nil
	}
	return lookupkey.Text, nil
}

// arrayOf is the array type of a key type that key_type names.
func arrayOf(t lookupkey.Type) (uint32, error) {
	switch t { //nolint:exhaustive // The others are not a type in every database.
	case lookupkey.Smallint:
		return oidInt2Array, nil
	case lookupkey.Integer:
		return oidInt4Array, nil
	case lookupkey.Bigint:
		return oidInt8Array, nil
	case lookupkey.Numeric:
		return oidNumericArray, nil
	case lookupkey.Text:
		return oidTextArray, nil
	case lookupkey.PaddedText:
		return oidBPCharArray, nil
	case lookupkey.UUID:
		return oidUUIDArray, nil
	case lookupkey.Boolean:
		return oidBoolArray, nil
	case lookupkey.Timestamptz:
		return oidTimestamptzArray, nil
	case lookupkey.Timestamp:
		return oidTimestampArray, nil
	case lookupkey.Date:
		return oidDateArray, nil
	}
	return 0, fmt.Errorf("key_type %s has no type in PostgreSQL: leave it out, or cast the column", t)
}
