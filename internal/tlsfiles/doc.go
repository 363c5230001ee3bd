// Package tlsfiles reads the certificates of TLS connections from files, and again when the files change, so that a renewed
// certificate needs no restart.
//
// Each new connection checks the files first, which costs a stat of each. Existing connections are left alone. While a file cannot
// be read, as one that is half written, its last good content is used. If a client certificate has expired, on disk too, the
// handshake that needs it fails and a Watch is told: no server will accept it, and waiting does not help.
package tlsfiles
