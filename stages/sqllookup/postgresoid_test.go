package sqllookup

import (
	"testing"

	"github.com/jackc/pgx/v5/pgtype"
)

// TestOIDs compares the numbers of types with the numbers that the driver has.
func TestOIDs(t *testing.T) {
	for name, oid := range map[string][2]uint32{
		"Bool":             {oidBool, pgtype.BoolOID},
		"Bytea":            {oidBytea, pgtype.ByteaOID},
		"QChar":            {oidQChar, pgtype.QCharOID},
		"Name":             {oidName, pgtype.NameOID},
		"Int8":             {oidInt8, pgtype.Int8OID},
		"Int2":             {oidInt2, pgtype.Int2OID},
		"Int4":             {oidInt4, pgtype.Int4OID},
		"Text":             {oidText, pgtype.TextOID},
		"OID":              {oidOID, pgtype.OIDOID},
		"JSON":             {oidJSON, pgtype.JSONOID},
		"CIDR":             {oidCIDR, pgtype.CIDROID},
		"Float4":           {oidFloat4, pgtype.Float4OID},
		"Float8":           {oidFloat8, pgtype.Float8OID},
		"Macaddr8":         {oidMacaddr8, pgtype.Macaddr8OID},
		"Macaddr":          {oidMacaddr, pgtype.MacaddrOID},
		"Inet":             {oidInet, pgtype.InetOID},
		"BoolArray":        {oidBoolArray, pgtype.BoolArrayOID},
		"Int2Array":        {oidInt2Array, pgtype.Int2ArrayOID},
		"Int4Array":        {oidInt4Array, pgtype.Int4ArrayOID},
		"TextArray":        {oidTextArray, pgtype.TextArrayOID},
		"BPCharArray":      {oidBPCharArray, pgtype.BPCharArrayOID},
		"Int8Array":        {oidInt8Array, pgtype.Int8ArrayOID},
		"OIDArray":         {oidOIDArray, pgtype.OIDArrayOID},
		"BPChar":           {oidBPChar, pgtype.BPCharOID},
		"Varchar":          {oidVarchar, pgtype.VarcharOID},
		"Date":             {oidDate, pgtype.DateOID},
		"Time":             {oidTime, pgtype.TimeOID},
		"Timestamp":        {oidTimestamp, pgtype.TimestampOID},
		"TimestampArray":   {oidTimestampArray, pgtype.TimestampArrayOID},
		"DateArray":        {oidDateArray, pgtype.DateArrayOID},
		"Timestamptz":      {oidTimestamptz, pgtype.TimestamptzOID},
		"TimestamptzArray": {oidTimestamptzArray, pgtype.TimestamptzArrayOID},
		"NumericArray":     {oidNumericArray, pgtype.NumericArrayOID},
		"Bit":              {oidBit, pgtype.BitOID},
		"Varbit":           {oidVarbit, pgtype.VarbitOID},
		"Numeric":          {oidNumeric, pgtype.NumericOID},
		"Record":           {oidRecord, pgtype.RecordOID},
		"UUID":             {oidUUID, pgtype.UUIDOID},
		"UUIDArray":        {oidUUIDArray, pgtype.UUIDArrayOID},
		"JSONB":            {oidJSONB, pgtype.JSONBOID},
	} {
		if oid[0] != oid[1] {
			t.Errorf("%s is %d, want %d", name, oid[0], oid[1])
		}
	}
}
