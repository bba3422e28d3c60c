package storetest_test

import (
	"context"
	"crypto/sha256"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spotler-connector/connector/internal/store"
	"github.com/spotler-connector/connector/internal/store/sqlite"
)

// When the encryption key changes, the hashes by which erased people are known again
// stay the same, and the old key may be thrown away once the new one was at work.
func TestTheHashKeyOutlivesTheEncryptionKey(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "connector.db")
	key := func(word string) store.MasterKey { return store.NewMasterKey(sha256.Sum256([]byte(word))) }
	look := func(keys ...store.MasterKey) (hash, other, secret string, err error) {
		db, err := sqlite.Open(ctx, path, store.NewSealer(keys...), time.Now)
		if err != nil {
			return "", "", "", err
		}
		defer func() {
			if cerr := db.Close(); cerr != nil {
				t.Error(cerr)
			}
		}()
		if err := db.Prepare(ctx, "acme"); err != nil {
			return "", "", "", err
		}
		mine, err := db.Hasher(ctx, "acme")
		if err != nil {
			return "", "", "", err
		}
		theirs, err := db.Hasher(ctx, "shop")
		if err != nil {
			return "", "", "", err
		}
		kept, err := db.Secret(ctx, "acme", "word")
		if err == nil && kept == nil {
			err = db.PutSecret(ctx, "acme", "word", []byte("sesame"))
			kept = []byte("sesame")
		}
		return mine("ann@example.test"), theirs("ann@example.test"), string(kept), err
	}
	was, other, _, err := look(key("old"))
	if err != nil || was == other {
		t.Fatalf("hashes %s and %s in two environments, %v", was, other, err)
	}
	for _, keys := range [][]store.MasterKey{{key("new"), key("old")}, {key("new")}} {
		hash, _, secret, err := look(keys...)
		if err != nil || hash != was || secret != "sesame" {
			t.Errorf("with %d keys: hash %s, want %s; secret %q; %v", len(keys), hash, was, secret, err)
		}
	}
	if _, _, _, err := look(key("old")); err == nil || !strings.Contains(err.Error(), "which was not given") {
		t.Errorf("the old key still opens it: %v", err)
	}
}
