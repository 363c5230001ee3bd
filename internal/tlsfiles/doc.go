// Package tlsfiles reads the certificates of TLS connections from files, and again when the files change, so that a renewed
// certificate needs no restart.
//
// Files are looked at before each connection, which costs a stat of each. Connections that exist are left alone. While a file cannot
// be read, as one that is half written, the last good content is used. A client certificate that has ended, on disk too, fails the
// handshake that needs it and is told to a Watch: no server will accept it, and no waiting helps.
package tlsfiles
