package pipeline

import (
	"crypto/tls"
	"crypto/x509"
	"os"

	"github.com/loaderline/loaderline/internal/pipelinefile"
)

// tlsConfig reads the files of a section tls, whose key is key. It is nil where the section is off.
func tlsConfig(file *pipelinefile.File, key string, files pipelinefile.TLS) (*tls.Config, error) {
	if !files.Enabled {
		return nil, nil //nolint:nilnil // No encryption is no configuration.
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if files.CA != "" {
		pem, err := os.ReadFile(files.CA)
		if err != nil {
			return nil, file.Errorf(key+".ca", "%v", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, file.Errorf(key+".ca", "%s holds no certificate in PEM form", files.CA)
		}
	}
	if files.Cert != "" {
		pair, err := tls.LoadX509KeyPair(files.Cert, files.Key)
		if err != nil {
			return nil, file.Errorf(key+".cert", "%v", err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}
