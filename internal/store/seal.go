package store

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"sync"

	"golang.org/x/crypto/chacha20poly1305"

	connector "github.com/spotler-connector/connector"
)

// MasterKey encrypts the data keys. Its id stands beside what it sealed, so that
// a new one can be put beside an old one.
type MasterKey struct {
	ID  string
	Key [32]byte
}

// NewMasterKey makes a master key of 32 secret bytes; its id is a digest of them.
func NewMasterKey(secret [32]byte) MasterKey {
	sum := sha256.Sum256(append([]byte("spotler-connector master key id"), secret[:]...))
	return MasterKey{ID: hex.EncodeToString(sum[:4]), Key: secret}
}

// Sealer encrypts what is secret or personal at rest: XChaCha20-Poly1305 under a
// random data key per environment, which itself is sealed under the master key.
// The associated data is environment and field, so that a value cannot be moved.
type Sealer struct {
	masters []MasterKey // the first seals; all open
	mu      sync.Mutex
	keys    map[string][]byte
	db      func() (*Store, bool)
}

// NewSealer makes a sealer whose first key seals new data keys.
func NewSealer(masters ...MasterKey) *Sealer {
	return &Sealer{masters: masters, keys: map[string][]byte{}}
}

// attach tells the sealer where its data keys are stored; New's caller does so once.
func (k *Sealer) attach(s *Store) { k.db = func() (*Store, bool) { return s, true } }

// Seal encrypts plain for a field of an environment. Nothing stays nothing.
func (k *Sealer) Seal(ctx context.Context, env connector.Environment, field string, plain []byte) ([]byte, error) {
	if len(plain) == 0 {
		return nil, nil
	}
	key, err := k.dataKey(ctx, env, "seal")
	if err != nil {
		return nil, err
	}
	return sealWith(key, aad(env, field), plain)
}

// Open decrypts what Seal made for the same field of the same environment.
func (k *Sealer) Open(ctx context.Context, env connector.Environment, field string, sealed []byte) ([]byte, error) {
	if len(sealed) == 0 {
		return nil, nil
	}
	key, err := k.dataKey(ctx, env, "seal")
	if err != nil {
		return nil, err
	}
	plain, err := openWith(key, aad(env, field), sealed)
	if err != nil {
		return nil, fmt.Errorf("store: %s of environment %s cannot be decrypted: was the encryption key changed?: %w", field, env, err)
	}
	return plain, nil
}

// Hash is the keyed hash of a text in an environment: 128 bits in hex. Its key is
// apart from the encryption key and is never the same in two environments.
func (k *Sealer) Hash(ctx context.Context, env connector.Environment, text string) (string, error) {
	key, err := k.dataKey(ctx, env, "hash")
	if err != nil {
		return "", err
	}
	return HashWith(key, text), nil
}

// Hasher returns Hash as a function for many texts of one environment.
func (s *Store) Hasher(ctx context.Context, env connector.Environment) (func(string) string, error) {
	key, err := s.seal.dataKey(ctx, env, "hash")
	if err != nil {
		return nil, err
	}
	macs := sync.Pool{New: func() any { return hmac.New(sha256.New, key) }}
	return func(text string) string {
		m := macs.Get().(hash.Hash)
		defer macs.Put(m)
		m.Reset()
		_, _ = io.WriteString(m, text) // a hash never fails
		return digest(m)
	}, nil
}

// HashWith is the keyed hash that Hash makes.
func HashWith(key []byte, text string) string {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(text))
	return digest(m)
}

// digest is the first half of a MAC in hex.
func digest(m hash.Hash) string {
	var sum [sha256.Size]byte
	var text [sha256.Size]byte
	hex.Encode(text[:], m.Sum(sum[:0])[:sha256.Size/2])
	return string(text[:])
}

func aad(env connector.Environment, field string) []byte { return []byte(string(env) + "\x1f" + field) }

func sealWith(key, aad, plain []byte) ([]byte, error) {
	c, err := chacha20poly1305.NewX(key)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, c.NonceSize(), c.NonceSize()+len(plain)+c.Overhead())
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return c.Seal(nonce, nonce, plain, aad), nil
}

func openWith(key, aad, sealed []byte) ([]byte, error) {
	c, err := chacha20poly1305.NewX(key)
	if err != nil {
		return nil, err
	}
	if len(sealed) < c.NonceSize() {
		return nil, errors.New("sealed value is too short")
	}
	return c.Open(nil, sealed[:c.NonceSize()], sealed[c.NonceSize():], aad)
}

// dataKey returns the key of an environment for a purpose, made at first use.
func (k *Sealer) dataKey(ctx context.Context, env connector.Environment, purpose string) ([]byte, error) {
	name := string(env) + "\x1f" + purpose
	k.mu.Lock()
	defer k.mu.Unlock()
	if key := k.keys[name]; key != nil {
		return key, nil
	}
	s, ok := k.db()
	if !ok {
		return nil, errors.New("store: the sealer is not attached to a database")
	}
	key, err := k.loadOrMake(ctx, s, env, purpose)
	if err != nil {
		return nil, err
	}
	k.keys[name] = key
	return key, nil
}

// Prepare makes the keys of an environment exist before work begins, so that no
// transaction has to make one in its midst.
func (s *Store) Prepare(ctx context.Context, env connector.Environment) error {
	for _, purpose := range []string{"seal", "hash", ledgerKey} {
		if _, err := s.seal.dataKey(ctx, env, purpose); err != nil {
			return err
		}
	}
	return nil
}

func (k *Sealer) loadOrMake(ctx context.Context, s *Store, env connector.Environment, purpose string) ([]byte, error) {
	fresh := make([]byte, 32)
	if _, err := rand.Read(fresh); err != nil {
		return nil, err
	}
	master := k.masters[0]
	sealed, err := sealWith(master.Key[:], aad(env, purpose), fresh)
	if err != nil {
		return nil, err
	}
	var id string
	var stored []byte
	query := s.sql(`SELECT key_id, sealed FROM data_key WHERE environment = ? AND purpose = ?`)
	err = s.read.QueryRowContext(ctx, query, string(env), purpose).Scan(&id, &stored)
	if errors.Is(err, sql.ErrNoRows) {
		err = s.transact(ctx, "data key", func(tx *sql.Tx) error {
			if _, err := s.exec(ctx, tx, `INSERT INTO data_key (environment, purpose, key_id, sealed) VALUES (?, ?, ?, ?) ON CONFLICT (environment, purpose) DO NOTHING`, string(env), purpose, master.ID, sealed); err != nil {
				return err
			}
			return tx.QueryRowContext(ctx, query, string(env), purpose).Scan(&id, &stored)
		})
	}
	if err != nil {
		return nil, fmt.Errorf("store: data key of environment %s: %w", env, err)
	}
	for i, m := range k.masters {
		if m.ID != id {
			continue
		}
		key, err := openWith(m.Key[:], aad(env, purpose), stored)
		if err == nil && i > 0 {
			err = k.reseal(ctx, s, dataKey{env, purpose, id}, key)
		}
		return key, err
	}
	return nil, fmt.Errorf("store: the data key of environment %s was sealed with master key %s, which was not given: start with that key, or restore the key file", env, id)
}

// dataKey names a stored data key and the master key that sealed it.
type dataKey struct {
	env     connector.Environment
	purpose string
	master  string
}

// reseal seals a data key with the present master key, so that an older one can be
// thrown away. The data key stays the same for ever: erased people are known again by
// hashes under it, and the ledger is chained with it.
func (k *Sealer) reseal(ctx context.Context, s *Store, of dataKey, key []byte) error {
	master := k.masters[0]
	sealed, err := sealWith(master.Key[:], aad(of.env, of.purpose), key)
	if err != nil {
		return err
	}
	return s.transact(ctx, "reseal data key", func(tx *sql.Tx) error {
		_, err := s.exec(ctx, tx, `UPDATE data_key SET key_id = ?, sealed = ? WHERE environment = ? AND purpose = ? AND key_id = ?`, master.ID, sealed, string(of.env), of.purpose, of.master)
		return err
	})
}

// PutSecret stores a secret of an environment, encrypted.
func (s *Store) PutSecret(ctx context.Context, env connector.Environment, name string, secret []byte) error {
	if err := s.Prepare(ctx, env); err != nil {
		return err
	}
	sealed, err := s.seal.Seal(ctx, env, "secret/"+name, secret)
	if err != nil {
		return err
	}
	return s.transact(ctx, "put secret", func(tx *sql.Tx) error {
		_, err := s.exec(ctx, tx, `INSERT INTO secret (environment, name, sealed) VALUES (?, ?, ?) ON CONFLICT (environment, name) DO UPDATE SET sealed = excluded.sealed`, string(env), name, sealed)
		return err
	})
}

// Secret returns a stored secret; nil when there is none.
func (s *Store) Secret(ctx context.Context, env connector.Environment, name string) ([]byte, error) {
	var sealed []byte
	err := s.read.QueryRowContext(ctx, s.sql(`SELECT sealed FROM secret WHERE environment = ? AND name = ?`), string(env), name).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("store: secret %s: %w", name, err)
	}
	return s.seal.Open(ctx, env, "secret/"+name, sealed)
}
