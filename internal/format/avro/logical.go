package avro

import (
	"fmt"
	"time"

	"github.com/twmb/avro"
)

// meaning is a logical type on one of the types that it is for.
type meaning struct {
	logical logical
	perUnit time.Duration
}

type annotated struct {
	label string
	kind  kind
}

// meanings are the logical types that the size of a fixed does not matter to.
var meanings = map[annotated]meaning{
	{"decimal", kindBytes}:               {logical: logicalDecimal},
	{"decimal", kindFixed}:               {logical: logicalDecimal},
	{"big-decimal", kindBytes}:           {logical: logicalBigDecimal},
	{"uuid", kindString}:                 {logical: logicalUUID},
	{"date", kindInt}:                    {logical: logicalDate},
	{"time-millis", kindInt}:             {logicalTime, time.Millisecond},
	{"time-micros", kindLong}:            {logicalTime, time.Microsecond},
	{"timestamp-millis", kindLong}:       {logicalTimestamp, time.Millisecond},
	{"timestamp-micros", kindLong}:       {logicalTimestamp, time.Microsecond},
	{"timestamp-nanos", kindLong}:        {logicalTimestamp, time.Nanosecond},
	{"local-timestamp-millis", kindLong}: {logicalLocalTimestamp, time.Millisecond},
	{"local-timestamp-micros", kindLong}: {logicalLocalTimestamp, time.Microsecond},
	{"local-timestamp-nanos", kindLong}:  {logicalLocalTimestamp, time.Nanosecond},
}

const (
	uuidBytes     = 16
	durationBytes = 12
)

func (n *node) setLogical(from *avro.SchemaNode) {
	m, ok := meanings[annotated{from.LogicalType, n.kind}]
	switch {
	case n.kind == kindFixed && from.LogicalType == "uuid" && from.Size == uuidBytes:
		m, ok = meaning{logical: logicalUUID}, true
	case n.kind == kindFixed && from.LogicalType == "duration" && from.Size == durationBytes:
		m, ok = meaning{logical: logicalDuration}, true
	case m.logical == logicalDecimal && from.Precision <= 0:
		ok = false
	}
	if !ok {
		return
	}
	n.logical, n.perUnit, n.label = m.logical, int64(m.perUnit), from.LogicalType
	n.precision, n.scale = from.Precision, from.Scale
}

func (n *node) decimalName() string { return fmt.Sprintf("decimal(%d,%d)", n.precision, n.scale) }
