package consumer

// SASL is how a client authenticates.
type SASL struct {
	// Mechanism is PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512, in any case.
	// Empty means no authentication.
	Mechanism string

	// Username and Password are the credentials.
	Username string
	Password Secret

	// CurrentPassword returns the password for each login, of a new connection or when the broker requires an existing
	// one to authenticate again. So a changed password needs no restart. Several goroutines may call it. Its error
	// counts as a connection error, and the connection is retried. Defaults to returning Password.
	CurrentPassword func() (Secret, error) `json:"-"`
}
