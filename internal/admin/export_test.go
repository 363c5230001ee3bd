package admin

import "net/http"

// Named is named, for hosts that the machine of a test does not have.
var Named = named

// NewProver is the server's side of a proof, for tests of time.
func NewProver(token, pipeline string) (proofs http.Handler, proved func(*http.Request) bool) {
	p := newProver(token, pipeline)
	return p, p.proved
}

// RequestProof is the proof of a request.
var RequestProof = requestProof
