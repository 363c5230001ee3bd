package jsonenrich

import "github.com/loaderline/loaderline/internal/jsondoc"

// index has the places in a document that later stages need. It is one slice of numbers, so the garbage collector does not look into it. It has a
// number of lists, one behind the other. Its first numbers say where each list begins, and the next one where the last list ends.
type index []int32

// newIndex returns an index without its lists, with room for numbers in them.
func newIndex(lists, numbers int) index {
	ix := make(index, 1+lists, 1+lists+numbers)
	ix[0] = int32(len(ix))
	return ix
}

// end ends the i-th list. What is appended later belongs to the next one.
func (ix index) end(i int) { ix[i+1] = int32(len(ix)) }

// list returns the i-th list.
func (ix index) list(i int) []int32 { return ix[ix[i]:ix[i+1]] }

// appendPoints appends a list of points for each of the scanner's paths to them. These are the first lists.
func (ix index) appendPoints(found *jsondoc.Result) index {
	for i, points := range found.Points {
		ix = append(ix, points...)
		ix.end(i)
	}
	return ix
}

// countPoints returns how many numbers appendPoints appends.
func countPoints(found *jsondoc.Result) int {
	n := 0
	for _, points := range found.Points {
		n += len(points)
	}
	return n
}

// numbersOfValue is how many numbers a value has in a list.
const numbersOfValue = 2

// appendValue appends a value to the current list: where it begins and ends, or less than 0 and its kind.
func (ix index) appendValue(v jsondoc.Value) index {
	if v.Kind != jsondoc.Found {
		return append(ix, -1, int32(v.Kind))
	}
	return append(ix, v.From, v.To)
}

// valueIn returns the i-th value of a list.
func valueIn(list []int32, i int) jsondoc.Value {
	from, to := list[numbersOfValue*i], list[numbersOfValue*i+1]
	if from < 0 {
		return jsondoc.Value{Kind: jsondoc.Kind(to)}
	}
	return jsondoc.Value{From: from, To: to, Kind: jsondoc.Found}
}
