package sqllookup

import "github.com/loaderline/loaderline/stages/lookup"

// mysqlKeyType is the type of keys for a column of a type, in the driver's words. Text is what its collation makes it.
func mysqlKeyType(declared string) (lookup.Type, bool) {
	switch declared {
	case "TINYINT", "UNSIGNED TINYINT", "SMALLINT", "YEAR":
		return lookup.Smallint, true
	case "UNSIGNED SMALLINT", "MEDIUMINT", "UNSIGNED MEDIUMINT", "INT":
		return lookup.Integer, true
	case "UNSIGNED INT", "BIGINT":
		return lookup.Bigint, true
	case "UNSIGNED BIGINT", "DECIMAL", "FLOAT", "DOUBLE":
		return lookup.Numeric, true
	case "CHAR", "VARCHAR", "TEXT", "TINYTEXT", "MEDIUMTEXT", "LONGTEXT", "ENUM", "SET", "TIME":
		return lookup.Text, true
	case "TIMESTAMP":
		return lookup.Timestamptz, true
	case "DATETIME":
		return lookup.Timestamp, true
	case "DATE":
		return lookup.Date, true
	}
	return lookup.Any, false
}
