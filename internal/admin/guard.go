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
// On a loopback address everybody on this machine may, but no page of another site in a browser here: see named. On other
// addresses it takes the token, and without a token nobody may.
func guard(loopback bool, token string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !loopback && token == "":
			http.Error(w, "not allowed from other machines: http.token is not set", http.StatusForbidden)
		case !loopback && !isAuthorized(r):
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "this needs the token: Authorization: Bearer TOKEN", http.StatusUnauthorized)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// named lets requests through whose Host is this machine, or the host of http.listen. A page of another site can make its
// own name resolve to this address (DNS rebinding). A browser here then sends its requests, but with that name in Host.
func named(listen string, next http.Handler) http.Handler {
	own := hostOf(listen)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if host := hostOf(r.Host); !isLoopback(host) && (own == "" || !strings.EqualFold(host, own)) {
			http.Error(w, "this server answers to localhost only", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// hostOf is a host without its port and brackets.
func hostOf(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		return host
	}
	return strings.TrimSuffix(strings.TrimPrefix(address, "["), "]")
}

// isLoopback reports whether a host, with or without a port, is this machine and nothing else.
func isLoopback(host string) bool {
	host = hostOf(host)
	if strings.EqualFold(host, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.Unmap().IsLoopback()
}

// bears reports whether a request has the token, in a time that does not depend on how much of it is right.
func bears(r *http.Request, token string) bool {
	given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	want, got := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(given))
	return ok && token != "" && subtle.ConstantTimeCompare(want[:], got[:]) == 1
}
