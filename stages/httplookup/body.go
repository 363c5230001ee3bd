package httplookup

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// defaultBody is the body of a POST where a Query has none.
const defaultBody = `{"ids": $keys}`

func (l *httpLookup) compileRequest() error {
	q := &l.query
	switch q.Method {
	case "", http.MethodPost:
		q.Method = http.MethodPost
		if q.Param != "" || q.Separator != "" {
			return errors.New("a POST has its keys in the body: leave out param and separator, or say method GET")
		}
		if q.Body == "" {
			q.Body = defaultBody
		}
		var err error
		l.body, err = splitBody(q.Body)
		return err
	case http.MethodGet:
		switch {
		case q.Body != "":
			return errors.New("a GET has no body: name the parameter that holds the keys by param, or say method POST")
		case q.Param == "":
			return errors.New("there is no param: it names the parameter of a GET that holds the keys")
		case l.target != nil && l.target.Query().Has(q.Param):
			return fmt.Errorf("the path sets the parameter %q, which holds the keys", q.Param)
		case len(q.Key) > 1:
			return errors.New("a key of several parts cannot stand in a parameter: use a POST")
		}
		return nil
	}
	return fmt.Errorf("unknown method %q: it is POST or GET", q.Method)
}

// splitBody finds the one $keys of a body that is JSON without it.
func splitBody(body string) (around [2]string, err error) {
	switch texts, quoted := splitJSON(body, "$keys"); {
	case quoted:
		return around, errors.New("$keys stands in quotes in the body: it is a list, write it without them")
	case len(texts) > 2:
		return around, errors.New("the body has $keys twice")
	case len(texts) < 2:
		return around, errors.New("the body has no $keys: it stands for the list of keys")
	case !isJSON(texts[0] + `["key"]` + texts[1]):
		return around, errors.New("the body is not JSON")
	default:
		return [2]string(texts), nil
	}
}

func isJSON(text string) bool { return jsontext.Value(text).IsValid() }

// splitJSON returns the texts around each placeholder in JSON, and whether a placeholder stands in quotes.
func splitJSON(text, placeholder string) (texts []string, quoted bool) {
	from, inside := 0, false
	for i := 0; i < len(text); i++ {
		switch {
		case inside && text[i] == '\\':
			i++
		case text[i] == '"':
			inside = !inside
		case !strings.HasPrefix(text[i:], placeholder):
		case inside:
			quoted = true
		default:
			texts = append(texts, text[from:i])
			from = i + len(placeholder)
		}
	}
	return append(texts, text[from:]), quoted
}
