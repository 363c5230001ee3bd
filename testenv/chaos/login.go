package chaos

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/loaderline/loaderline/testenv"
)

// The ways in which the processes of a scenario can prove to Kafka who they are.
const (
	byPassword     = "password"         // in the environment
	byPasswordFile = "password in file" // which the pipeline file names
	byCertificate  = "certificate"
)

// certificateLasts is long enough for processes to start, and short enough to wait for its end.
const certificateLasts = 30 * time.Second

// login is what the pipeline file says about it.
func (r *Round) login() string {
	password := fmt.Sprintf("${file:%s}", r.secret("password"))
	switch r.scenario.Login {
	case byCertificate:
		return fmt.Sprintf(", tls: {ca: %q, cert: %q, key: %q}", r.secret("ca.pem"), r.secret("cert.pem"), r.secret("key.pem"))
	case byPassword:
		password = "${PASSWORD}"
	case byPasswordFile:
	default:
		return ""
	}
	return fmt.Sprintf(", sasl: {mechanism: SCRAM-SHA-512, username: %s, password: %q}", r.group, password)
}

// secret is the path of a file by which the processes prove who they are.
func (r *Round) secret(name string) string { return filepath.Join(r.dir, name) }

// makeLogin makes Kafka accept the processes' login.
func (r *Round) makeLogin(ctx context.Context) error {
	switch r.scenario.Login {
	case byCertificate:
		return errors.Join(
			os.WriteFile(r.secret("ca.pem"), r.world.authority.Certificate(), 0o600),
			r.renewCertificate(certificateLasts),
		)
	case byPassword, byPasswordFile:
		return r.renewPassword(ctx)
	default:
		return nil
	}
}

// renewPassword gives the user a new password in Kafka. Processes that start afterwards have it, and so has the
// file.
func (r *Round) renewPassword(ctx context.Context) error {
	r.password = rand.Text()
	return errors.Join(
		replaceFile(r.secret("password"), []byte(r.password)),
		testenv.SetPassword(ctx, r.kafka, r.group, r.password),
	)
}

// renewCertificate replaces the certificate by one that lasts that long.
func (r *Round) renewCertificate(lasts time.Duration) error {
	r.certified = time.Now().Add(lasts)
	certificate, key, err := r.world.authority.Issue(r.group, r.certified)
	return errors.Join(err, replaceFile(r.secret("cert.pem"), certificate), replaceFile(r.secret("key.pem"), key))
}

// replaceFile replaces a file as a whole.
func replaceFile(path string, content []byte) error {
	if err := os.WriteFile(path+".new", content, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
