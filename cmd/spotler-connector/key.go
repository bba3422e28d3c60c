package main

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spotler-connector/connector/internal/settings"
	"github.com/spotler-connector/connector/internal/store"
)

// sealer makes the sealer from the key that the settings name. A key file is made
// at first start, readable by its owner only.
func sealer(k settings.KeySource) (*store.Sealer, error) {
	current, err := masterKey(k)
	if err != nil {
		return nil, err
	}
	keys := []store.MasterKey{current}
	for i, p := range k.Previous {
		m, err := parseMaster(p)
		if err != nil {
			return nil, fmt.Errorf("previous encryption key %d: %w", i+1, err)
		}
		keys = append(keys, m)
	}
	return store.NewSealer(keys...), nil
}

func masterKey(k settings.KeySource) (store.MasterKey, error) {
	if !k.Key.IsZero() {
		return parseMaster(k.Key)
	}
	text, err := os.ReadFile(k.File)
	if errors.Is(err, os.ErrNotExist) {
		return makeKeyFile(k.File)
	}
	if err != nil {
		return store.MasterKey{}, fmt.Errorf("read the key file: %w", err)
	}
	info, err := os.Stat(k.File)
	if err != nil {
		return store.MasterKey{}, fmt.Errorf("read the key file: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return store.MasterKey{}, fmt.Errorf("the key file %s can be read by others: run chmod 600 on it", k.File)
	}
	return parseMaster(settings.NewSecret(strings.TrimSpace(string(text))))
}

func parseMaster(s settings.Secret) (store.MasterKey, error) {
	raw, ok := settings.ParseKey(s)
	if !ok {
		return store.MasterKey{}, fmt.Errorf("the encryption key must be %d bytes as base64 or hexadecimal digits", settings.KeySize)
	}
	return store.NewMasterKey([32]byte(raw)), nil
}

func makeKeyFile(path string) (store.MasterKey, error) {
	var secret [32]byte
	if _, err := rand.Read(secret[:]); err != nil {
		return store.MasterKey{}, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return store.MasterKey{}, fmt.Errorf("make the key file: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return store.MasterKey{}, fmt.Errorf("make the key file: %w", err)
	}
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(secret[:]) + "\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return store.MasterKey{}, fmt.Errorf("make the key file: %w", err)
	}
	return store.NewMasterKey(secret), nil
}
