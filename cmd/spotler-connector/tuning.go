package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"strings"
	"time"
)

// Variables for benchmarks only. They are no settings, so they stand in no document.
const (
	// pauseVariable=1 takes events in and hands no work out.
	pauseVariable = "SPOTLER_CONNECTOR_TEST_PAUSE_WORK"
	// profileVariable=127.0.0.1:port serves profiles there.
	profileVariable = "SPOTLER_CONNECTOR_TEST_PROFILE"
)

// serveTuning is the tuning of a served connector.
func serveTuning(environ []string) tuning {
	t := defaultTuning()
	for _, v := range environ {
		switch name, value, _ := strings.Cut(v, "="); name {
		case pauseVariable:
			t.paused = value == "1"
		case profileVariable:
			t.profile = value
		}
	}
	return t
}

// serveProfiles serves profiles of this process on a loopback address until the
// process ends. An empty address serves nothing.
func serveProfiles(addr string) error {
	if addr == "" {
		return nil
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("%s: %w", profileVariable, err)
	}
	if at, ok := l.Addr().(*net.TCPAddr); !ok || !at.IP.IsLoopback() {
		_ = l.Close()
		return fmt.Errorf("%s: profiles are served on a loopback address only, such as 127.0.0.1:6060", profileVariable)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = srv.Serve(l) }()
	return nil
}
