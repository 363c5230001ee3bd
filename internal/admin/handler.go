package admin

import (
	"io"
	"net/http"
)

// handler serves all requests to a server that listens at an address. Everybody who reaches it may probe.
func handler(cfg Config, loopback bool) http.Handler {
	mux := http.NewServeMux()
	ours := func(next http.Handler) http.Handler { return next }
	if loopback {
		ours = func(next http.Handler) http.Handler { return named(cfg.Listen, next) }
	}
	proofs := newProver(cfg.Token, cfg.Pipeline)
	mux.Handle("GET /metrics", ours(cfg.Metrics))
	mux.Handle("GET /healthz", probe(cfg.Health.Healthy))
	mux.Handle("GET /readyz", probe(cfg.Health.Ready))
	mux.Handle("GET "+proofPath, named(cfg.Listen, proofs))
	for _, path := range []string{"/metrics", "/healthz", "/readyz", proofPath} {
		mux.HandleFunc(path, readOnly) // Else another method would fall through to what is guarded.
	}
	mux.Handle("/", ours(authorize(proofs, guard(loopback, cfg.Token, api(cfg)))))
	return plain(mux)
}

// probe responds with 200 or 503, and one line that says why.
func probe(ask func() (what string, ok bool)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		what, ok := ask()
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		if !ok {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_, _ = io.WriteString(w, what+"\n") // A client that is gone does not want to know.
	})
}

func readOnly(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Allow", "GET, HEAD")
	http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
}

// plain keeps responses out of caches, and keeps browsers from guessing their types.
func plain(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}
