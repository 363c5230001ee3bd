package tlsfiles

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// Files are the PEM files of one client. Each may be empty: the system's roots, or no certificate of the client's own.
type Files struct {
	// Key is the section that names the files, such as kafka.tls.
	Key string
	// CA holds the certificates that servers are trusted by.
	CA string
	// Cert and PrivateKey are the client's own certificate, with its chain, and the key for it.
	Cert, PrivateKey string
}

// FileError says which of Files cannot be used.
type FileError struct {
	// Key is the key of the file within its section: ca or cert.
	Key string
	Err error
}

// Error implements error.
func (e *FileError) Error() string { return e.Err.Error() }

// Unwrap returns the reason.
func (e *FileError) Unwrap() error { return e.Err }

// Set is a Files with its content. It is safe for concurrent use.
type Set struct {
	files Files
	watch *Watch

	mu    sync.Mutex
	roots part[*x509.CertPool]
	pair  part[*tls.Certificate]
}

// part is what some files hold, as they were when they were read last.
type part[T any] struct {
	paths   []string
	read    func() (T, error)
	content T
	seen    []os.FileInfo
	failing bool // the files cannot be read, which was logged
}

// Open reads the files. Its error is a *FileError, or an *EndedError if the client's certificate is past its end.
func Open(files Files, watch *Watch) (*Set, error) {
	s := &Set{files: files, watch: watch}
	if files.CA != "" {
		s.roots = part[*x509.CertPool]{paths: []string{files.CA}, read: func() (*x509.CertPool, error) { return readRoots(files.CA) }}
		if err := s.roots.load(); err != nil {
			return nil, &FileError{Key: "ca", Err: err}
		}
	}
	if files.Cert != "" {
		s.pair = part[*tls.Certificate]{paths: []string{files.Cert, files.PrivateKey}, read: func() (*tls.Certificate, error) {
			pair, err := tls.LoadX509KeyPair(files.Cert, files.PrivateKey)
			return &pair, err
		}}
		if err := s.pair.load(); err != nil {
			return nil, &FileError{Key: "cert", Err: err}
		}
		if err := Ended(files.Key+".cert", files.Cert, s.pair.content); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Config returns the configuration for the next connection. It first reads files that have changed since the last call. The
// caller must not change the configuration.
func (s *Set) Config() *tls.Config {
	s.mu.Lock()
	defer s.mu.Unlock()
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.files.CA != "" {
		s.roots.renew(s.watch.logger(), s.files.Key+".ca")
		config.RootCAs = s.roots.content
	}
	if s.files.Cert != "" {
		s.pair.renew(s.watch.logger(), s.files.Key+".cert")
		pair := s.pair.content
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			if err := Ended(s.files.Key+".cert", s.files.Cert, pair); err != nil {
				s.watch.end(err)
				return nil, err
			}
			return pair, nil
		}
	}
	return config
}

// Ended returns an *EndedError if a certificate is past its end, or nil.
func Ended(key, file string, pair *tls.Certificate) error {
	if pair.Leaf != nil && time.Now().After(pair.Leaf.NotAfter) {
		return &EndedError{Key: key, File: file, NotAfter: pair.Leaf.NotAfter}
	}
	return nil
}

// load reads the files, whether or not they have changed. If it fails, the content stays.
func (p *part[T]) load() error {
	seen := p.stat() // Before reading: what changes meanwhile is read once more.
	content, err := p.read()
	if err != nil {
		return err
	}
	p.content, p.seen = content, seen
	return nil
}

// renew reads files that have changed. If they cannot be read, it logs that once.
func (p *part[T]) renew(log *slog.Logger, key string) {
	if !p.failing && same(p.seen, p.stat()) {
		return
	}
	err := p.load()
	switch {
	case err == nil:
		p.failing = false
		log.LogAttrs(context.Background(), slog.LevelInfo, "TLS files read again", slog.String("key", key), slog.Any("files", p.paths))
	case !p.failing:
		p.failing = true
		log.LogAttrs(context.Background(), slog.LevelWarn, "TLS files cannot be read, their last content is used",
			slog.String("key", key), slog.Any("files", p.paths), slog.Any("error", err))
	}
}

// stat looks at the files; nil stands for one that is not there.
func (p *part[T]) stat() []os.FileInfo {
	infos := make([]os.FileInfo, len(p.paths))
	for i, path := range p.paths {
		if info, err := os.Stat(path); err == nil {
			infos[i] = info
		}
	}
	return infos
}

func same(before, now []os.FileInfo) bool {
	for i := range now {
		a, b := before[i], now[i]
		if a == nil || b == nil || !os.SameFile(a, b) || !a.ModTime().Equal(b.ModTime()) || a.Size() != b.Size() {
			return false
		}
	}
	return true
}

// readRoots reads all certificates of a file. One that does not parse is an error, since the file may be half written.
func readRoots(path string) (*x509.CertPool, error) {
	certificates, err := readCertificates(path)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	for _, c := range certificates {
		pool.AddCert(c)
	}
	return pool, nil
}

func readCertificates(path string) ([]*x509.Certificate, error) {
	rest, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var all []*x509.Certificate
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		all = append(all, c)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s holds no certificate in PEM form", path)
	}
	return all, nil
}

// Ends says when the certificates of some files end: the client's own, and the last of the certificates that servers are
// trusted by.
func Ends(files Files) (map[string]time.Time, error) {
	ends := map[string]time.Time{}
	for key, path := range map[string]string{"cert": files.Cert, "ca": files.CA} {
		if path == "" {
			continue
		}
		certificates, err := readCertificates(path)
		if err != nil {
			return nil, &FileError{Key: key, Err: err}
		}
		end := certificates[0].NotAfter
		for _, c := range certificates[1:] {
			if key == "ca" && c.NotAfter.After(end) {
				end = c.NotAfter
			}
		}
		ends[key] = end
	}
	return ends, nil
}
