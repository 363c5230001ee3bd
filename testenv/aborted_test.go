package testenv

import (
	"testing"

	"github.com/segmentio/kafka-go/protocol/fetch"
)

func TestAbortedTransactions(t *testing.T) {
	// Producer 7 aborts what it began at 10 and at 40; producer 8 what it began at 12.
	list := []fetch.ResponseTransaction{
		{ProducerID: 8, FirstOffset: 12}, {ProducerID: 7, FirstOffset: 40}, {ProducerID: 7, FirstOffset: 10},
	}
	type batch struct {
		producer, offset int64
		marker, visible  bool
	}
	for name, batches := range map[string][]batch{
		"from the start": {
			{producer: 7, offset: 5, visible: true},
			{producer: 7, offset: 9, marker: true},
			{producer: 7, offset: 10},
			{producer: 9, offset: 11, visible: true},
			{producer: 8, offset: 12},
			{producer: 7, offset: 20, marker: true},
			{producer: 7, offset: 21, visible: true},
			{producer: 8, offset: 22},
			{producer: 8, offset: 23, marker: true},
			{producer: 8, offset: 24, visible: true},
			{producer: 7, offset: 30, marker: true},
			{producer: 7, offset: 40},
		},
		"from within":     {{producer: 7, offset: 15}, {producer: 7, offset: 20, marker: true}, {producer: 7, offset: 21, visible: true}},
		"from the marker": {{producer: 7, offset: 20, marker: true}, {producer: 7, offset: 21, visible: true}},
	} {
		t.Run(name, func(t *testing.T) {
			aborted := newAbortedTransactions(list)
			for _, b := range batches {
				if b.marker {
					aborted.end(b.producer, b.offset)
				} else if got := !aborted.holds(b.producer, b.offset); got != b.visible {
					t.Errorf("producer %d at %d: visible is %t", b.producer, b.offset, got)
				}
			}
		})
	}
}
