package sqllookup

// The OIDs of built-in types, which PostgreSQL never changes.
const (
	oidBool             = 16
	oidBytea            = 17
	oidQChar            = 18
	oidName             = 19
	oidInt8             = 20
	oidInt2             = 21
	oidInt4             = 23
	oidText             = 25
	oidOID              = 26
	oidJSON             = 114
	oidCIDR             = 650
	oidFloat4           = 700
	oidFloat8           = 701
	oidMacaddr8         = 774
	oidMacaddr          = 829
	oidInet             = 869
	oidBoolArray        = 1000
	oidInt2Array        = 1005
	oidInt4Array        = 1007
	oidTextArray        = 1009
	oidBPCharArray      = 1014
	oidInt8Array        = 1016
	oidOIDArray         = 1028
	oidBPChar           = 1042
	oidVarchar          = 1043
	oidDate             = 1082
	oidTime             = 1083
	oidTimestamp        = 1114
	oidTimestampArray   = 1115
	oidDateArray        = 1182
	oidTimestamptz      = 1184
	oidTimestamptzArray = 1185
	oidNumericArray     = 1231
	oidBit              = 1560
	oidVarbit           = 1562
	oidNumeric          = 1700
	oidRecord           = 2249
	oidUUID             = 2950
	oidUUIDArray        = 2951
	oidJSONB            = 3802
)
