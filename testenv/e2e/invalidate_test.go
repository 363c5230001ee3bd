package e2e_test

import (
	"fmt"
	"testing"
)

// Whatever is changed in the database and told in a change topic is in every record of an event that comes then, whoever
// is working and however the process was restarted.
func TestChangesAreSeen(t *testing.T) {
	t.Parallel()
	c := newChanging(t)
	p := c.run("")
	p.logged("change topics were read to the end")
	c.load()
	c.everyUser("at first")

	// A product's reviews are part of the records of all who bought it.
	c.change("UPDATE reviews SET body = 'changed' WHERE product_id = 7",
		`{"id":1}`, `{"before":{"id":1,"product_id":7},"after":{"id":1,"product_id":7},"source":{"connector":"postgresql","name":"shop","ts_ms":1,"schema":"public","table":"reviews"},"op":"u"}`)
	c.applied(p, 1, 0)
	c.everyUser("after a product's reviews were changed")

	// What is moved from one user to another is gone from the one and with the other; with the schema, as it may come.
	c.change("UPDATE purchases SET user_id = 2 WHERE user_id = 1; DELETE FROM users WHERE id = 5; INSERT INTO reviews VALUES (1000000, 8, 5, 'new')",
		`{"schema":{"type":"struct"},"payload":{"id":9}}`,
		`{"schema":{"type":"struct"},"payload":{"before":{"id":9,"user_id":1},"after":{"id":9,"user_id":2},"source":{"connector":"postgresql","name":"shop","ts_ms":1,"table":"purchases"},"op":"u"}}`,
		`{"id":5}`, `{"before":{"id":5,"name":null},"after":null,"source":{"connector":"postgresql","name":"shop","ts_ms":1,"table":"users"},"op":"d"}`,
		`{"id":1000000}`, `{"before":null,"after":{"id":1000000,"product_id":8},"source":{"connector":"postgresql","name":"shop","ts_ms":1,"table":"reviews"},"op":"c"}`)
	c.applied(p, 4, 0)
	if _, err := c.db.Exec(t.Context(), "INSERT INTO users VALUES (5, 'again', 'again@example.com', 'pro')"); err != nil {
		t.Fatal(err)
	}
	c.change("", `{"id":5}`, `{"before":null,"after":{"id":5},"source":{"connector":"postgresql","name":"shop","ts_ms":1,"table":"users"},"op":"c"}`)
	c.applied(p, 5, 0)
	c.everyUser("after rows were moved, deleted and created")

	// A record that nobody understands may have been about anything of the topic.
	c.change("UPDATE reviews SET rating = 0; UPDATE users SET tier = 'new'", `{"id":1}`, `{"before":{"id":`)
	c.applied(p, 5, 1)
	p.logged(fmt.Sprintf(`"msg":"a change record was not understood","topic":%q,"partition":`, c.changes))
	c.everyUser("after a record that was not understood")

	p.terminate()
	c.change("UPDATE reviews SET body = 'while it was down' WHERE product_id < 20") // The memory is gone, and what it said of them.
	p = c.run("")
	p.logged("change topics were read to the end")
	c.everyUser("after a restart")
	c.change("UPDATE users SET name = 'x' WHERE id = 3", `{"id":3}`, `{"before":null,"after":{"id":3},"source":{"connector":"postgresql","name":"shop","ts_ms":1,"table":"users"},"op":"u"}`)
	c.applied(p, 1, 0)
	c.everyUser("after a change behind the restart")

	p.kill()
	c.change("UPDATE reviews SET body = 'while it was dead' WHERE product_id >= 20",
		`{"id":2}`, `{"before":{"product_id":30},"after":{"product_id":30},"source":{"connector":"postgresql","name":"shop","ts_ms":1,"table":"reviews"},"op":"u"}`)
	p = c.run("")
	p.logged("change topics were read to the end")
	c.everyUser("after a crash")
	p.terminate()
}
