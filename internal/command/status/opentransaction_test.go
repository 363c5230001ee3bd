package status_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/loaderline/loaderline/internal/console"
)

// The records behind another producer's open transaction are lag. The status names the transaction, with the command that ends
// it.
func TestAnOpenTransaction(t *testing.T) {
	w := newWorld(t)
	w.reader.ReportOpenAfter(0)
	client := w.transaction("in")
	w.publish("in", 0, 0)
	w.commit(0, 0)
	producer, _, err := client.ProducerID(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := w.read()
	if got.Lag != 2 || len(got.OpenTransactions) != 1 || got.OpenTransactions[0].ProducerID != producer || got.OpenTransactions[0].ID != "upstream" {
		t.Fatalf("%+v", got)
	}
	text := got.Text(console.Palette{}, 0)
	for _, want := range []string{
		fmt.Sprintf(`waits for     a transaction of producer %d (transactional ID "upstream") is open in in[0] from offset 0 on, since `, producer),
		"kafka-transactions.sh --bootstrap-server " + w.cluster.ListenAddrs()[0] + " abort --topic in --partition 0 --start-offset 0\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if err := client.EndTransaction(t.Context(), kgo.TryAbort); err != nil {
		t.Fatal(err)
	}
	if got := w.read(); len(got.OpenTransactions) != 0 || got.LagSeconds == nil {
		t.Errorf("after its end: %+v", got)
	}
}

// In a change topic, an open transaction keeps invalidations from the caches. In the output, it keeps records from their
// readers.
func TestAnOpenTransactionInAnotherTopic(t *testing.T) {
	for _, topic := range []string{"changes", "out"} {
		t.Run(topic, func(t *testing.T) {
			w := newWorld(t)
			w.reader.ReportOpenAfter(0)
			w.transaction(topic)
			w.publish("in", 0, 0)
			w.commit(0, 0)
			got := w.read()
			if len(got.OpenTransactions) != 1 || got.OpenTransactions[0].Topic != topic {
				t.Errorf("%+v", got.OpenTransactions)
			}
		})
	}
}
