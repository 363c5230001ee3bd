package admin

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
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

// Unwrap returns the reason.
func (e *UnreachableError) Unwrap() error { return e.Err }

// CommandError is what a pipeline says of a command that is wrong.
type CommandError struct{ Said string }

// Error implements error.
func (e *CommandError) Error() string { return e.Said }

// Target is a pipeline that listens on this machine.
type Target struct {
	Listen   string // as http.listen says
	Pipeline string // its name
	Token    string
}

// UnprovenError says that the program at an address did not prove that it is the pipeline with the token.
type UnprovenError struct {
	Address, Pipeline string
	Err               error
}

// Error implements error.
func (e *UnprovenError) Error() string {
	return fmt.Sprintf("the program at %s did not prove that it is pipeline %s with the http.token of this file, so nothing was sent to it (%v); check that no other program has the port, and that the pipeline runs this version with this token",
		e.Address, e.Pipeline, e.Err)
}

// Unwrap returns the reason.
func (e *UnprovenError) Unwrap() error { return e.Err }

// AskToInvalidate sends a command to a pipeline, in parts if it has many keys. The pipeline must first prove that it
// has the token; the token itself is not sent. The error is an *UnreachableError if nobody answers, an *UnprovenError,
// a *CommandError, or another error that the pipeline reports.
func AskToInvalidate(ctx context.Context, target Target, c invalidation.Command) error {
	address, err := local(target.Listen)
	if err != nil {
		return err
	}
	client := newClient(askTime)
	for _, part := range c.Split() {
		body, err := json.Marshal(part)
		if err != nil {
			return fmt.Errorf("write the command as JSON: %w", err)
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/api/invalidate", bytes.NewReader(body))
		if err != nil {
			return fmt.Errorf("ask %s: %w", address, err)
		}
		request.Header.Set("Content-Type", "application/json")
		if err := prove(client, target, request, body); err != nil {
			return err
		}
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

// newClient makes a client that goes only to the given address.
func newClient(timeout time.Duration) *http.Client {
	return &http.Client{
		Timeout: timeout, Transport: &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// prove has the server prove that it has the token, and then adds the proof that the sender of the request does.
func prove(client *http.Client, target Target, request *http.Request, body []byte) error {
	address, challenge := request.URL.Host, rand.Text()
	question, err := http.NewRequestWithContext(request.Context(), http.MethodGet, "http://"+address+proofPath, http.NoBody)
	if err != nil {
		return fmt.Errorf("ask %s: %w", address, err)
	}
	question.Header.Set(challengeHeader, challenge)
	response, err := client.Do(question)
	if err != nil {
		return &UnreachableError{Address: address, Err: errors.Unwrap(err)}
	}
	var said proven
	if err := read(response, &said); err != nil {
		return &UnprovenError{Address: address, Pipeline: target.Pipeline, Err: err}
	}
	if want := serverProof(target.Token, target.Pipeline, challenge, said.Nonce); !hmac.Equal([]byte(want), []byte(said.Proof)) {
		return &UnprovenError{Address: address, Pipeline: target.Pipeline, Err: errors.New("its proof is wrong")}
	}
	request.Header.Set("Authorization", proofScheme+said.Nonce+" "+requestProof(target.Token, target.Pipeline, said.Nonce, request, body))
	return nil
}

// local is where something that listens at an address is reached from this machine.
func local(listen string) (string, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "", fmt.Errorf("%q is not an address: %w", listen, err)
	}
	if ip := net.ParseIP(host); host == "" || ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port), nil
}

// read reads an answer. Its error has the reason that the answer gives.
func read(response *http.Response, into any) error {
	if response.StatusCode != http.StatusOK {
		return refusal(response)
	}
	err := json.NewDecoder(io.LimitReader(response.Body, maxAnswer)).Decode(into)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return fmt.Errorf("its response is not one of a pipeline: %w", err)
	}
	return nil
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
