package testenv_test

import (
	"strings"
	"testing"

	"github.com/loaderline/loaderline/testenv"
)

func TestKafkaOfNoVersionIsRefused(t *testing.T) {
	for _, version := range []string{"4", "4.1", "latest", "../4.1.2", "4.1.2 -o"} {
		t.Setenv(testenv.EnvKafkaVersion, version)
		_, err := testenv.StartKafka(t.Context(), testenv.KafkaConfig{})
		if err == nil || !strings.Contains(err.Error(), "not a version of Kafka") {
			t.Errorf("version %q: %v", version, err)
		}
	}
}
