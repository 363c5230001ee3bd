package oauth

import "net/http"

// SetTransport makes requests go elsewhere than to the network, which tests of time have none of.
func SetTransport(t *Tokens, transport http.RoundTripper) { t.http.HTTP().Transport = transport }
