package jsonenrich

// encodeTail replaces the results in dst, from an offset on, by what the event's Tail makes of them. More than limit bytes stay, since they
// may be cut.
func (e *Encoder) encodeTail(dst []byte, from int, d *Document, limit int) ([]byte, error) {
	to := len(dst)
	if d.tail == 0 || to-from > limit {
		return dst, nil
	}
	others := emptyObject
	if dst[from] == ',' {
		dst[from] = '{'
		others = dst[from:to]
	}
	dst, err := e.values.AppendTail(dst, others, d.written)
	if err != nil {
		return dst[:from], unfit(err)
	}
	return dst[:from+copy(dst[from:], dst[to:])], nil
}

var emptyObject = []byte("{}")
