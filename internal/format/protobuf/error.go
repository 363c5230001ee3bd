package protobuf

import (
	"fmt"

	"github.com/loaderline/loaderline/internal/format"
)

func fail(offset int, reason string, args ...any) *format.Error {
	return &format.Error{Offset: offset, Reason: fmt.Sprintf(reason, args...)}
}
