// Package rig runs the sandbox and the connector as processes of their own, drives
// them through their control APIs, and reads what came of it at the receiver.
package rig

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/spotler-connector/connector/internal/store/pgserver"
)

// Rig holds what all runs share: the binaries, a folder and a PostgreSQL server.
type Rig struct {
	Dir string // everything is kept below it
	// SandboxVariables are further variables of the sandboxes.
	SandboxVariables map[string]string

	connector string
	bare      string
	postgres  *pgserver.Server
	runs      int
}

// New builds the binaries into a new folder below base; empty is the system's
// folder for temporary files.
func New(ctx context.Context, base string) (*Rig, error) {
	dir, err := os.MkdirTemp(base, "spotler-bench-")
	if err != nil {
		return nil, err
	}
	r := &Rig{Dir: dir, SandboxVariables: map[string]string{"GOGC": "400"}, connector: filepath.Join(dir, "spotler-connector"), bare: filepath.Join(dir, "bare")}
	if err := r.build(ctx); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

func (r *Rig) build(ctx context.Context) error {
	for out, pkg := range map[string]string{r.connector: "cmd/spotler-connector", r.bare: "bench/bare"} {
		cmd := exec.CommandContext(ctx, "go", "build", "-o", out, "github.com/spotler-connector/connector/"+pkg)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if text, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", pkg, err, text)
		}
	}
	return nil
}

// Close removes everything.
func (r *Rig) Close() error {
	var errs []error
	if r.postgres != nil {
		errs = append(errs, r.postgres.Stop())
		r.postgres = nil
	}
	return errors.Join(append(errs, os.RemoveAll(r.Dir))...)
}

// Postgres is the durable server of this rig, started when it is first asked for.
func (r *Rig) Postgres() (*pgserver.Server, error) {
	if r.postgres == nil {
		s, err := pgserver.Start(true)
		if err != nil {
			return nil, err
		}
		r.postgres = s
	}
	return r.postgres, nil
}

// Database makes an empty database of that kind, sqlite or postgres, and returns
// it as the setting database takes it.
func (r *Rig) Database(ctx context.Context, store string) (string, error) {
	r.runs++
	if store == "sqlite" {
		return fmt.Sprintf("sqlite:%s", filepath.Join(r.Dir, fmt.Sprintf("db%d", r.runs), "connector.db")), nil
	}
	s, err := r.Postgres()
	if err != nil {
		return "", err
	}
	return s.Database(ctx)
}
