package secret_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/loaderline/loaderline/internal/secret"
)

func TestTextDoesNotShowItself(t *testing.T) {
	t.Parallel()
	type login struct {
		User     string
		Password secret.Text
		Headers  map[string]secret.Text
	}
	l := login{"ada", "canary", map[string]secret.Text{"Authorization": "canary"}}
	if string(l.Password) != "canary" {
		t.Errorf("the text is %q", string(l.Password))
	}

	var out strings.Builder
	for verb := range strings.FieldsSeq("%v %+v %#v %s %q %x %X %d %t %e %c %08.3d %T") {
		fmt.Fprintf(&out, verb+" ", l)
		fmt.Fprintf(&out, verb+" ", l.Password)
		fmt.Fprintf(&out, verb+" ", &l.Password)
	}
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(handler).Info("here", "login", l, "password", l.Password)
	}
	encoded, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	all := out.String() + string(encoded)
	if strings.Contains(all, "canary") || strings.Contains(all, "63616e617279") || strings.Contains(all, "63616E617279") {
		t.Errorf("the text is shown: %s", all)
	}
	if want := `{"User":"ada","Password":"[redacted]","Headers":{"Authorization":"[redacted]"}}`; string(encoded) != want {
		t.Errorf("JSON is %s, want %s", encoded, want)
	}
	if got := fmt.Sprintf("<%v>", secret.Text("")); got != "<>" {
		t.Errorf("an empty text is %s", got)
	}
}
