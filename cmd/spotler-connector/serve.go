package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/spotler-connector/connector/internal/settings"
)

// serveCommand runs the connector until it is told to stop.
type serveCommand struct {
	Config   string `short:"c" type:"path" help:"Settings file (YAML). Settings may also come from the environment; see docs/operations."`
	NoEnsure bool   `help:"Leave the service endpoint and steps in Dataverse as they are."`
}

// heapGrowth is how much the heap may grow between collections, in percent. Half of Go's
// own choice: some per cent more work for a connector that stays below 80 MB. The
// variable GOGC overrides it.
const heapGrowth = 50

// Run builds the house and lives in it.
func (c *serveCommand) Run(ctx context.Context, io streams) error {
	s, err := settings.Read(c.Config, io.environ)
	if err != nil {
		return err
	}
	if c.NoEnsure {
		for i := range s.Environments {
			s.Environments[i].Ensure = false
		}
	}
	if _, chosen := os.LookupEnv("GOGC"); !chosen {
		debug.SetGCPercent(heapGrowth)
	}
	log := logger(s.Log, io.err)
	for _, w := range s.Warnings {
		log.Warn(w)
	}
	tuned := serveTuning(io.environ)
	if err := serveProfiles(ctx, tuned.profile); err != nil {
		return err
	}
	h, err := build(ctx, s, tuned, log)
	if err != nil {
		return err
	}
	defer func() { _ = h.Close() }()
	token, err := handOver(h)
	if err != nil {
		return err
	}
	if err := h.listen(ctx); err != nil {
		return err
	}
	if err := announce(h, token, io.out); err != nil {
		return err
	}
	err = h.live(ctx)
	if cerr := h.Close(); err == nil {
		err = cerr
	}
	return err
}

// handOver writes the first API token into the data folder and returns the file, "" when
// there was one before. It is done before anything else can fail, for the token is made once.
func handOver(h *house) (string, error) {
	if h.firstTok == "" {
		return "", nil
	}
	path := filepath.Join(h.settings.DataDir, "first-token")
	if err := os.MkdirAll(h.settings.DataDir, 0o700); err != nil {
		return "", err
	}
	if err := os.WriteFile(path, []byte(h.firstTok+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("write the first API token: %w", err)
	}
	return path, nil
}

// announce says where the connector is, and where the first API token is.
func announce(h *house, token string, out io.Writer) error {
	if _, err := fmt.Fprintf(out, "spotler-connector %s listens on %s\n", release(), h.Addr()); err != nil || token == "" {
		return err
	}
	_, err := fmt.Fprintf(out, "The first API token is in %s; the commands of this machine use it.\n", token)
	return err
}

func logger(l settings.Log, w io.Writer) *slog.Logger {
	o := &slog.HandlerOptions{Level: l.Level}
	if l.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}
