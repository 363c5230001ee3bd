package admin

import (
	"io"
	"net/http"
)

// handler answers all requests. What is not for everybody goes through guarded.
func handler(metrics http.Handler, health *Health, guarded http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics)
	mux.Handle("GET /healthz", probe(health.Healthy))
	mux.Handle("GET /readyz", probe(health.Ready))
	for _, path := range []string{"/metrics", "/healthz", "/readyz"} {
		mux.HandleFunc(path, readOnly) // Else another method would fall through to what is guarded.
	}
	mux.Handle("/", guarded)
	return plain(mux)
}

// probe answers 200 or 503, and one line that says why.
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

// plain keeps answers out of caches and browsers from guessing what they are.
func plain(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}
