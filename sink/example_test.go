package sink_test

import (
	"fmt"

	"github.com/loaderline/loaderline/sink"
)

// A Failure is an error: Decode and Encode of a pipeline return one to say more about a dead letter.
func ExampleFailure() {
	encode := func(total int) error {
		if total < 0 {
			return &sink.Failure{Kind: sink.KindEncode, Message: "the total is negative"}
		}
		return nil
	}
	fmt.Println(encode(-1))
	// Output: encode: the total is negative
}
