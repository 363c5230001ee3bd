package pipelinetest

// Number and Inferred are tested by themselves: no test file has all that they can be asked.
var (
	Number   = number
	Inferred = inferred
)
