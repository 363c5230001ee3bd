package registry_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/sr/srfake"

	"github.com/loaderline/loaderline/internal/format/schemaid"
	"github.com/loaderline/loaderline/internal/registry"
)

func TestGUIDs(t *testing.T) {
	t.Parallel()
	fake := srfake.New()
	t.Cleanup(fake.Close)
	client := open(t, registry.Config{URLs: []string{fake.URL()}})
	s := &registry.Schema{Type: registry.Avro, Text: `"long"`}
	if _, err := client.Register(t.Context(), "s", s, false); err != nil {
		t.Fatal(err)
	}
	r, err := client.Latest(t.Context(), "s")
	if err != nil || r.GUID.Kind() != schemaid.GUID {
		t.Fatalf("%+v, %v", r, err)
	}
	if got, err := client.Schema(t.Context(), r.GUID); err != nil || got.Text != s.Text {
		t.Errorf("%+v, %v", got, err)
	}
}

// A record with an ID of a kind that the registry does not have must not stop a run. A wrong URL does.
func TestIDsThatARegistryDoesNotHave(t *testing.T) {
	t.Parallel()
	for name, id := range map[string]schemaid.ID{"/apis/ccompat/v7": schemaid.OfGlobal(1), "": schemaid.OfGUID([16]byte{1})} {
		for path, kind := range map[string]error{name + "/schemas/types": registry.ErrUnknownID, "nothing": registry.ErrWrongURL} {
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == path {
					_, _ = w.Write([]byte(`["AVRO"]`))
					return
				}
				respond(404, `{"error_code":0}`)(w, r)
			})
			if _, err := open(t, registry.Config{URLs: []string{url + name}}).Schema(t.Context(), id); !errors.Is(err, kind) {
				t.Errorf("%v of a registry with %s: %v, want %v", id, path, err, kind)
			}
		}
	}
	client := open(t, registry.Config{URLs: []string{"http://127.0.0.1:1"}})
	for want, id := range map[string]schemaid.ID{"only Apicurio has global IDs": schemaid.OfGlobal(1), "there is no ID": {}} {
		if _, err := client.Schema(t.Context(), id); !errors.Is(err, registry.ErrUnknownID) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v", id, err)
		}
	}
}
