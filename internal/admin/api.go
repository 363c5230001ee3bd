package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"github.com/loaderline/loaderline/internal/invalidation"
)

// maxBody bounds what a request may ask for at once, in bytes.
const maxBody = 1 << 20

// Invalidate does what a command asks for, and says whose cache forgets: as of a scope, this instance or all instances.
// Its errors are an *invalidation.UnknownStageError, an *invalidation.KeyError, ErrStarting, ErrEnding, and others where
// it failed.
type Invalidate func(context.Context, invalidation.Command) (scope string, err error)

// The scopes of an invalidation.
const (
	// ThisInstance is a command that was applied here.
	ThisInstance = "this instance"
	// AllInstances is a command that was published, and that each process applies when it reads it.
	AllInstances = "all instances"
)

var (
	// ErrStarting says that the process has not come far enough to be told anything.
	ErrStarting = errors.New("the pipeline is starting: try again")
	// ErrEnding says that the process has closed its cache.
	ErrEnding = errors.New("the pipeline is ending: try again when it runs")
)

// api serves requests from this machine, or with the token.
func api(cfg Config) http.Handler {
	mux := http.NewServeMux()
	if cfg.Status != nil {
		mux.Handle("GET /api/status", status(cfg.Status))
	}
	if cfg.Invalidate != nil {
		mux.Handle("POST /api/invalidate", changes(cfg.Token, invalidate(cfg.Invalidate)))
	}
	return mux
}

// changes lets requests through that may change something: they need the token everywhere, and come from no page of
// another site.
func changes(token string, next http.Handler) http.Handler {
	protected := http.NewCrossOriginProtection().Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case token == "":
			refuse(w, http.StatusForbidden, errors.New("http.token is not set: requests that change something need it"))
		case !isAuthorized(r):
			w.Header().Set("WWW-Authenticate", "Bearer")
			refuse(w, http.StatusUnauthorized, errors.New("this needs the token: Authorization: Bearer TOKEN"))
		default:
			protected.ServeHTTP(w, r)
		}
	})
}

// invalidated is the response to a command.
type invalidated struct {
	Stage string `json:"stage"`
	Keys  int    `json:"keys"`
	All   bool   `json:"all"`
	Scope string `json:"scope"`
}

// invalidate responds with 200 when it is done, and with 202 when all instances will do it.
func invalidate(do Invalidate) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
			refuse(w, http.StatusUnsupportedMediaType, errors.New("this needs Content-Type: application/json"))
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			refuse(w, http.StatusRequestEntityTooLarge, fmt.Errorf("a request has at most %d bytes: send the keys in several", maxBody))
			return
		}
		if err != nil {
			refuse(w, http.StatusBadRequest, errors.New("the request was not read to its end"))
			return
		}
		c, err := invalidation.ParseCommand(body)
		if err != nil {
			refuse(w, http.StatusBadRequest, err)
			return
		}
		scope, err := do(r.Context(), c)
		if err != nil {
			refuse(w, statusOf(err), err)
			return
		}
		status := http.StatusOK
		if scope == AllInstances {
			status = http.StatusAccepted
		}
		answer(w, status, invalidated{Stage: c.Stage, Keys: len(c.Keys), All: c.All, Scope: scope})
	})
}

func statusOf(err error) int {
	_, unknown := errors.AsType[*invalidation.UnknownStageError](err)
	_, wrong := errors.AsType[*invalidation.KeyError](err)
	switch {
	case unknown:
		return http.StatusNotFound
	case wrong:
		return http.StatusBadRequest
	default:
		return http.StatusServiceUnavailable
	}
}

// refuse responds with {"error": ...}.
func refuse(w http.ResponseWriter, status int, err error) {
	answer(w, status, struct {
		Error string `json:"error"`
	}{err.Error()})
}

func answer(w http.ResponseWriter, status int, what any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(what) // A client that is gone does not want to know.
}
