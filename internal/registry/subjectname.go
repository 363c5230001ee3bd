package registry

import (
	"errors"

	"github.com/loaderline/loaderline/internal/format/schemaid"
)

// The strategies by which subjects are named.
const (
	// ByTopic names them by the topic and the part of the record: orders-value. It is Confluent's TopicNameStrategy.
	ByTopic = "topic"
	// ByRecord names them by the record's type: shop.Order. It is Confluent's RecordNameStrategy.
	ByRecord = "record"
	// ByTopicRecord names them by both: orders-shop.Order. It is Confluent's TopicRecordNameStrategy.
	ByTopicRecord = "topic_record"
)

// SubjectName returns the subject of a part of the records of a topic. Any other text than that of a strategy is the subject itself.
// record is the full name of the record's type, if the schema has one.
func SubjectName(strategy, topic, record string, part schemaid.Part) (string, error) {
	switch strategy {
	case ByTopic:
		if part == schemaid.Key {
			return topic + "-key", nil
		}
		return topic + "-value", nil
	case ByRecord, ByTopicRecord:
		switch {
		case record == "":
			return "", errors.New("the schema has no name, so the subject cannot be named by it; set output.subject to topic, or to a subject")
		case strategy == ByTopicRecord:
			return topic + "-" + record, nil
		}
		return record, nil
	}
	return strategy, nil
}
