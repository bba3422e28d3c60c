package settings_test

import (
	"errors"
	"testing"

	"github.com/spotler-connector/connector/internal/settings"
)

// Whatever the file holds: settings that can be used, or problems, never both,
// never a panic, and an environment is complete.
func FuzzLoad(f *testing.F) {
	for _, seed := range []string{"", "listen: :1", "environments: [1, {name: x}, [a]]", "a: &x [*x]", "? {a: b}\n: c", "log:\n  level:\n    deep: {er: 1}",
		"environments:\n- name: x\n  hook:\n  columns: {contact.a: int}", "key: !!binary aGk=", "<<: {listen: :1}", "\x00", "---\n---\n", "1: 2", "listen: 2026-01-01", "keep: {done: 99999999d}"} {
		f.Add([]byte(seed), "SPOTLER_CONNECTOR_NODE=x")
	}
	f.Add([]byte("environments: []"), "SPOTLER_CONNECTOR_COLUMNS=contact.x=int,=,a=")
	f.Fuzz(func(t *testing.T, file []byte, variable string) {
		s, err := settings.Load(settings.Source{File: file, Environ: []string{variable}})
		var problems settings.Problems
		if err != nil && (!errors.As(err, &problems) || len(problems) == 0 || problems.Error() == "") {
			t.Fatalf("an error that names nothing: %v", err)
		}
		if err != nil {
			return
		}
		if s.Listen == "" || s.DataDir == "" || s.Database.Kind == "" || s.Key.File == "" || s.Node == "" {
			t.Fatalf("incomplete settings: %+v", s)
		}
		for _, e := range s.Environments {
			if e.Name == "" || e.Dataverse.Scope == "" || e.Spotler.Secret.IsZero() || e.Zone == nil || len(e.Hook.Secrets) == 0 || len(e.Tables) == 0 {
				t.Fatalf("incomplete environment: %+v", e)
			}
		}
	})
}
