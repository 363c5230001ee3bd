// Package schemaid finds the ID of the schema that a record was written with, and writes such IDs.
//
// There is no one place for it. In this order, Find looks at:
//
//	header __value_schema_id    01 and a GUID of 16 bytes, or 00 and an ID of 4 bytes (Confluent)
//	header apicurio.value.*     contentId or globalId of 8 bytes (Apicurio)
//	prefix of the value         00 and an ID of 4 bytes (Confluent, and Apicurio since 3.0)
//	                            00 and an ID of 8 bytes (Apicurio before 3.0), only if Config asks for it
//
// The headers of keys have key in place of value. All numbers are big endian. A prefix of 4 bytes cannot be told from one of 8, so a
// Config has to say which it is.
package schemaid
