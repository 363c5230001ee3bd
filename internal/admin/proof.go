package admin

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The commands of this machine prove to the server that they have the token. The server proves the same first, since
// another program may have taken its port. Neither side ever sends the token. docs/adr/0023-proof-of-the-token.md says why.
const (
	proofPath       = "/api/proof"
	challengeHeader = "Loaderline-Challenge"
	proofScheme     = "Loaderline-Proof "
	proofTime       = 30 * time.Second // how long a nonce is good for
	maxChallenge    = 128

	// What a proof is for. A proof made for one purpose is invalid for the other.
	forChallenge = "the server answers"
	forRequest   = "the client asks"
)

// mac proves that its maker has the key and means these parts.
func mac(key []byte, parts ...string) string {
	h := hmac.New(sha256.New, key)
	for _, part := range parts {
		_, _ = fmt.Fprintf(h, "%d:%s", len(part), part) // A hash takes everything.
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

func serverProof(token, pipeline, challenge, nonce string) string {
	return mac([]byte(token), forChallenge, pipeline, challenge, nonce)
}

func requestProof(token, pipeline, nonce string, r *http.Request, body []byte) string {
	return mac([]byte(token), forRequest, pipeline, nonce, r.Method, r.URL.RequestURI(), string(body))
}

// prover is the server's side. It is safe for concurrent use.
type prover struct {
	token, pipeline string
	key             []byte // of this process alone; it makes nonces recognisable

	mu   sync.Mutex
	used map[string]time.Time // the nonces of requests that were let through, and when they end
}

func newProver(token, pipeline string) *prover {
	return &prover{token: token, pipeline: pipeline, key: []byte(rand.Text()), used: map[string]time.Time{}}
}

// proven is what the server returns for a challenge.
type proven struct {
	Nonce string `json:"nonce"`
	Proof string `json:"proof"`
}

// ServeHTTP returns a nonce, and the proof that this is the pipeline with the token. Only programs on this machine get one:
// a proof lets its reader try guesses of a weak token in peace.
func (p *prover) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	challenge := r.Header.Get(challengeHeader)
	switch {
	case p.token == "":
		refuse(w, http.StatusForbidden, fmt.Errorf("http.token is not set"))
	case !fromHere(r):
		refuse(w, http.StatusForbidden, fmt.Errorf("only programs on this machine get a proof; use Authorization: Bearer TOKEN"))
	case len(challenge) < len(rand.Text()) || len(challenge) > maxChallenge:
		refuse(w, http.StatusBadRequest, fmt.Errorf("the header %s has to be random text of %d to %d bytes", challengeHeader, len(rand.Text()), maxChallenge))
	default:
		nonce := p.nonce(time.Now().Add(proofTime))
		answer(w, http.StatusOK, proven{Nonce: nonce, Proof: serverProof(p.token, p.pipeline, challenge, nonce)})
	}
}

// nonce is text that this process recognises and that holds the time when it expires.
func (p *prover) nonce(ends time.Time) string {
	text := strconv.FormatInt(ends.UnixNano(), 10) + "." + rand.Text()
	return text + "." + mac(p.key, text)
}

// ends is when a nonce of this process ends.
func (p *prover) ends(nonce string) (ends time.Time, ok bool) {
	i := max(0, strings.LastIndexByte(nonce, '.'))
	if !hmac.Equal([]byte(nonce[i:]), []byte("."+mac(p.key, nonce[:i]))) {
		return time.Time{}, false
	}
	digits, _, _ := strings.Cut(nonce, ".")
	nanoseconds, err := strconv.ParseInt(digits, 10, 64)
	return time.Unix(0, nanoseconds), err == nil
}

// proved reports whether a request proves that its sender has the token. Each proof is valid once. The body can still be read.
func (p *prover) proved(r *http.Request) bool {
	given, ok := strings.CutPrefix(r.Header.Get("Authorization"), proofScheme)
	nonce, proof, both := strings.Cut(given, " ")
	if !ok || !both || p.token == "" {
		return false
	}
	ends, ours := p.ends(nonce)
	if !ours || !time.Now().Before(ends) {
		return false
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return false
	}
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(strings.NewReader(string(body)), r.Body), r.Body}
	return hmac.Equal([]byte(proof), []byte(requestProof(p.token, p.pipeline, nonce, r, body))) && p.use(nonce, ends)
}

// use reports whether a nonce is unused, and marks it as used. Only a sender with the token can fill the memory that this
// takes.
func (p *prover) use(nonce string, ends time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	for old, ended := range p.used {
		if !now.Before(ended) {
			delete(p.used, old)
		}
	}
	_, again := p.used[nonce]
	p.used[nonce] = ends
	return !again
}

// fromHere reports whether a request comes from this machine.
func fromHere(r *http.Request) bool {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return false
	}
	to, err := netip.ParseAddrPort(local.String())
	return from.Addr().Unmap().IsLoopback() || err == nil && from.Addr() == to.Addr()
}

// authorized marks the context of a request whose sender has the token.
type authorized struct{}

// authorize finds out, once for each request, whether its sender has the token.
func authorize(p *prover, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if bears(r, p.token) || p.proved(r) {
			r = r.WithContext(context.WithValue(r.Context(), authorized{}, true))
		}
		next.ServeHTTP(w, r)
	})
}

func isAuthorized(r *http.Request) bool { return r.Context().Value(authorized{}) != nil }
