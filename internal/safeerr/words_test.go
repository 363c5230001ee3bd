package safeerr_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/loaderline/loaderline/internal/safeerr"
)

func TestText(t *testing.T) {
	t.Parallel()
	known := safeerr.NewWords("user shop event.user_id", "SELECT id, name FROM users WHERE id = ANY($keys) AND region = 7")
	for text, want := range map[string]string{
		`invalid input syntax for type bigint: "alice21@example.com" (SQLSTATE 22P02)`:                                     `invalid input syntax for type bigint: … (SQLSTATE 22P02)`,
		`value "99999999999999999999" is out of range for type bigint (SQLSTATE 22003)`:                                    `value … is out of range for type bigint (SQLSTATE 22003)`,
		`duplicate key value violates unique constraint "users" (SQLSTATE 23505)`:                                          `duplicate key value violates unique constraint "users" (SQLSTATE 23505)`,
		`no such user alice (SQLSTATE P0001)`:                                                                              `no such user … (SQLSTATE P0001)`,
		`no user "alice in the table (SQLSTATE P0001)`:                                                                     `no user … (SQLSTATE P0001)`,
		`user 7 of event 21 (error 1644)`:                                                                                  `user … of event … (error 1644)`,
		`Incorrect integer value: 'alice key' for column 'id' at row 1 (error 1366)`:                                       `Incorrect integer value: … for column 'id' at row … (error 1366)`,
		"Duplicate entry 'alice' for key 'PRIMARY' (error 1062)":                                                           "Duplicate entry … for key … (error 1062)",
		`relation "users" does not exist (SQLSTATE 42P01)`:                                                                 `relation "users" does not exist (SQLSTATE 42P01)`,
		`malformed JSON (SQLITE_ERROR)`:                                                                                    `malformed JSON (SQLITE_ERROR)`,
		`user: source shop does not answer: the service answered 503 Service Unavailable and asks to be left alone for 5s`: `user: source shop does not answer: the service answered 503 Service Unavailable and asks to be left alone for …`,
		`the service answered 312 for this key`:                                                                            `the service answered … for this key`,
		`the service answered the error alice21 for this key`:                                                              `the service answered the error … for this key`,
		`event.user_id: "seven" is not a bigint`:                                                                           `event.user_id: … is not a bigint`,
		`event.user_id: "key" is not a bigint`:                                                                             `event.user_id: … is not a bigint`,
		`panicked: alice bob`:                                                                                              `panicked: …`,
		`Ungültige Eingabe für Typ bigint: »alice« (SQLSTATE 22P02)`:                                                       `… bigint: … (SQLSTATE 22P02)`,
		``: ``,
	} {
		if got := known.Text(text); got != want {
			t.Errorf("%s:\n got %s\nwant %s", text, got, want)
		}
	}
}

// A key with a letter or a digit that is no word of a message never stays, wherever in a message it is.
func TestNoKeyStays(t *testing.T) {
	t.Parallel()
	known := safeerr.NewWords("user", "SELECT id FROM users")
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.OneOf(rapid.StringMatching(`[0-9]{1,12}`), rapid.StringMatching(`[a-z]{0,5}[0-9]{3}[a-z@. "'-]{0,8}`), rapid.Just("Zoë O'Neil zz9")).Draw(t, "key")
		form := rapid.SampledFrom([]string{
			`invalid input syntax for type bigint: "%" (SQLSTATE 22P02)`, `% is wrong`, `no %`, `value '%' for column`, "`%`", `(%)`, `id=%,x`, `%: no such user`,
			`line %`, `error %`, `the service answered the error % for this key`, `SQLSTATE %`, `users_%`, `"users %"`,
		}).Draw(t, "form")
		got := known.Text(strings.ReplaceAll(form, "%", key))
		for _, run := range strings.FieldsFunc(key, func(r rune) bool { return r < '0' || r > '9' }) {
			if rest := strings.NewReplacer("22P02", "").Replace(got); strings.Contains(rest, run) {
				t.Fatalf("%s in %s", run, got)
			}
		}
	})
}
