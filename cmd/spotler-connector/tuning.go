package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	runtimepprof "runtime/pprof"
	"strconv"
	"strings"
	"time"
)

// Variables for benchmarks only. They are no settings, so they stand in no document.
const (
	// pauseVariable=1 takes events in and hands no work out.
	pauseVariable = "SPOTLER_CONNECTOR_TEST_PAUSE_WORK"
	// profileVariable=127.0.0.1:port serves profiles there.
	profileVariable = "SPOTLER_CONNECTOR_TEST_PROFILE"
	// lingerVariable=20ms and slotsVariable=8 override how long lanes wait for company
	// and how many batches may be out.
	lingerVariable = "SPOTLER_CONNECTOR_TEST_LINGER"
	slotsVariable  = "SPOTLER_CONNECTOR_TEST_SLOTS"
	// leaseVariable=4s overrides how long a node may be silent about a lane.
	leaseVariable = "SPOTLER_CONNECTOR_TEST_LEASE"
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
		case lingerVariable:
			if d, err := time.ParseDuration(value); err == nil {
				t.linger = d
			}
		case leaseVariable:
			if d, err := time.ParseDuration(value); err == nil {
				t.lease = d
			}
		case slotsVariable:
			if n, err := strconv.Atoi(value); err == nil {
				t.slots = n
			}
		}
	}
	return t
}

// serveProfiles serves profiles of this process on a loopback address until the
// process ends. An empty address serves nothing.
func serveProfiles(ctx context.Context, addr string) error {
	if addr == "" {
		return nil
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("%s: %w", profileVariable, err)
	}
	if at, ok := l.Addr().(*net.TCPAddr); !ok || !at.IP.IsLoopback() {
		_ = l.Close()
		return fmt.Errorf("%s: profiles are served on a loopback address only, such as 127.0.0.1:6060", profileVariable)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	var cpu bytes.Buffer // one profile at a time: who starts a second is refused
	mux.HandleFunc("POST /debug/cpu/start", func(w http.ResponseWriter, _ *http.Request) {
		cpu.Reset()
		if err := runtimepprof.StartCPUProfile(&cpu); err != nil {
			http.Error(w, err.Error(), http.StatusConflict)
		}
	})
	mux.HandleFunc("POST /debug/cpu/stop", func(w http.ResponseWriter, _ *http.Request) {
		runtimepprof.StopCPUProfile()
		_, _ = w.Write(cpu.Bytes())
	})
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = srv.Serve(l) }()
	return nil
}
