package admin

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// guard lets requests through that may see more than metrics and health.
//
// On a loopback address everybody on this machine may, but no page of another site that a browser here was led to: its
// name resolves to this address, and stands in Host (DNS rebinding). On other addresses it takes the token, and without
// one nobody may.
func guard(loopback bool, token string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case loopback && !isLoopback(r.Host):
			http.Error(w, "this server answers to localhost only", http.StatusForbidden)
		case !loopback && token == "":
			http.Error(w, "not allowed from other machines: http.token is not set", http.StatusForbidden)
		case !loopback && !bears(r, token):
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "this takes the token: Authorization: Bearer TOKEN", http.StatusUnauthorized)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// isLoopback says whether a host, with or without a port, is this machine and nothing else.
func isLoopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if strings.EqualFold(host, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.Unmap().IsLoopback()
}

// bears says whether a request has the token, in a time that does not depend on how much of it is right.
func bears(r *http.Request, token string) bool {
	given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	want, got := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(given))
	return ok && subtle.ConstantTimeCompare(want[:], got[:]) == 1
}
