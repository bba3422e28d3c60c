package api

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// readyTimeout is how long the database may take to answer a probe.
const readyTimeout = 2 * time.Second

// Health answers probes, without a token: /healthz says that the process lives,
// /readyz that it can take work. ping asks the database; stopping is closed when
// a graceful stop began. report hears why the database does not answer.
func Health(ping func(context.Context) error, stopping <-chan struct{}, report func(error)) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { probe(w, http.StatusOK, "alive") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-stopping:
			probe(w, http.StatusServiceUnavailable, "stopping")
			return
		default:
		}
		ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
		defer cancel()
		if err := ping(ctx); err != nil {
			if r.Context().Err() == nil {
				report(fmt.Errorf("api: not ready: %w", err))
			}
			probe(w, http.StatusServiceUnavailable, "the database does not answer")
			return
		}
		probe(w, http.StatusOK, "ready")
	})
	return mux
}

func probe(w http.ResponseWriter, status int, says string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, says+"\n") // the prober went away; there is nobody to tell
}
