package kafkaerr_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/loaderline/loaderline/consumer"
	"github.com/loaderline/loaderline/internal/kafkaerr"
)

// TestSentinels holds each error of this package to the one error of package consumer that it is.
func TestSentinels(t *testing.T) {
	sentinels := []error{
		consumer.ErrUnreachable, consumer.ErrTopicMissing, consumer.ErrTopicRecreated, consumer.ErrNoOffset, consumer.ErrPlaintextPassword,
		consumer.ErrFenced, consumer.ErrTransactionTimeout,
	}
	for _, tt := range []struct{ err, want error }{
		{&kafkaerr.UnreachableError{Err: errors.New("refused")}, consumer.ErrUnreachable},
		{&kafkaerr.TopicMissingError{}, consumer.ErrTopicMissing},
		{&kafkaerr.TopicRecreatedError{}, consumer.ErrTopicRecreated},
		{&kafkaerr.NoOffsetError{}, consumer.ErrNoOffset},
		{&kafkaerr.PlaintextPasswordError{}, consumer.ErrPlaintextPassword},
		{&kafkaerr.FetchError{Err: errors.New("refused")}, nil},
		{&kafkaerr.ProduceError{Err: errors.New("refused")}, nil},
		{&kafkaerr.TransactionTimeoutError{}, nil},
	} {
		for _, sentinel := range sentinels {
			if got := errors.Is(fmt.Errorf("run: %w", tt.err), sentinel); got != (tt.want != nil && errors.Is(tt.want, sentinel)) {
				t.Errorf("%T is %q: %t", tt.err, sentinel, got)
			}
		}
	}
}
