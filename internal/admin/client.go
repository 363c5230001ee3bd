package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/loaderline/loaderline/internal/invalidation"
)

const (
	askTime   = 15 * time.Second // for one request
	maxAnswer = 64 << 10
)

// UnreachableError says that no pipeline answers at an address.
type UnreachableError struct {
	Address string
	Err     error
}

// Error implements error.
func (e *UnreachableError) Error() string { return fmt.Sprintf("%s: %v", e.Address, e.Err) }

// Unwrap gives the reason.
func (e *UnreachableError) Unwrap() error { return e.Err }

// CommandError is what a pipeline says of a command that is wrong.
type CommandError struct{ Said string }

// Error implements error.
func (e *CommandError) Error() string { return e.Said }

// AskToInvalidate sends a command to the pipeline that listens at an address on this machine, in parts where it has
// many keys. The error is an *UnreachableError where nobody answers, a *CommandError, or what else the pipeline says.
func AskToInvalidate(ctx context.Context, listen, token string, c invalidation.Command) error {
	address, err := local(listen)
	if err != nil {
		return err
	}
	client := http.Client{Timeout: askTime, Transport: &http.Transport{DisableKeepAlives: true}}
	for _, part := range c.Split() {
		body, err := json.Marshal(part)
		if err != nil {
			return fmt.Errorf("write the command as JSON: %w", err)
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/api/invalidate", bytes.NewReader(body))
		if err != nil {
			return fmt.Errorf("ask %s: %w", address, err)
		}
		request.Header.Set("Authorization", "Bearer "+token)
		request.Header.Set("Content-Type", "application/json")
		response, err := client.Do(request)
		if err != nil {
			return &UnreachableError{Address: address, Err: errors.Unwrap(err)}
		}
		if err := refusal(response); err != nil {
			return fmt.Errorf("%s answers: %w", address, err)
		}
	}
	return nil
}

// local is where something that listens at an address is reached from this machine.
func local(listen string) (string, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "", fmt.Errorf("%q is no address: %w", listen, err)
	}
	if ip := net.ParseIP(host); host == "" || ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port), nil
}

// refusal is what an answer says is wrong, if anything.
func refusal(response *http.Response) error {
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return err
	}
	if response.StatusCode == http.StatusOK || response.StatusCode == http.StatusAccepted {
		return nil
	}
	var said struct{ Error string }
	switch {
	case json.Unmarshal(text, &said) != nil || said.Error == "":
		return fmt.Errorf("%s: is this address a pipeline's?", response.Status)
	case response.StatusCode == http.StatusBadRequest:
		return &CommandError{Said: said.Error}
	default:
		return errors.New(said.Error)
	}
}
