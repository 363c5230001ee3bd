package safeerr_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/loaderline/loaderline/internal/safeerr"
)

func TestReasonsNameNoAddress(t *testing.T) {
	dial := func(err error) error {
		return fmt.Errorf("wrapped: %w", &net.OpError{Op: "dial", Addr: &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 5432}, Err: err})
	}
	for want, err := range map[string]error{
		"connection refused":                     dial(os.NewSyscallError("connect", syscall.ECONNREFUSED)),
		"connection reset":                       dial(syscall.ECONNRESET),
		"no answer in time":                      dial(os.ErrDeadlineExceeded),
		"the host is not known":                  dial(&net.DNSError{Name: "db.internal", IsNotFound: true}),
		"the host's address cannot be looked up": dial(&net.DNSError{Name: "db.internal", IsTimeout: true}),
		"its certificate is not trusted":         dial(&tls.CertificateVerificationError{Err: errors.New("self-signed")}),
		"":                                       errors.New("something else at 10.0.0.1"),
	} {
		if got := safeerr.Reason(err); got != want {
			t.Errorf("%v: %q, not %q", err, got, want)
		}
	}
	if got := safeerr.Reason(context.DeadlineExceeded); got != "no answer in time" {
		t.Errorf("a deadline: %q", got)
	}
}
