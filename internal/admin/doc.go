// Package admin is the HTTP server of a running pipeline.
//
// GET /metrics, /healthz and /readyz are for everybody who can reach the server: they need no token, and show no
// payload, key, address or error. Anything else is for this machine, and for others only with the token.
package admin
