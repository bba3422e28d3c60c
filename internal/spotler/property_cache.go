package spotler

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// Schema is the fields of an account at one moment.
type Schema struct {
	Properties []Property // by name
	// Fingerprint is the same for the same names, types and options, whatever their
	// order and labels: what was compiled against one still fits the other.
	Fingerprint string
	Read        time.Time
}

// Property finds a field by its name.
func (s Schema) Property(name string) (Property, bool) {
	i, ok := slices.BinarySearchFunc(s.Properties, name, func(p Property, name string) int { return strings.Compare(p.Name, name) })
	if !ok {
		return Property{}, false
	}
	return s.Properties[i], true
}

// NewSchema sorts a copy of the properties and takes their fingerprint.
func NewSchema(properties []Property, read time.Time) Schema {
	sorted := slices.Clone(properties)
	slices.SortFunc(sorted, func(a, b Property) int { return strings.Compare(a.Name, b.Name) })
	h := sha256.New()
	for _, p := range sorted {
		bits := make([]int64, 0, len(p.Entries))
		for _, e := range p.Entries {
			bits = append(bits, e.Bit)
		}
		slices.SortFunc(bits, cmp.Compare)
		_, _ = fmt.Fprintf(io.Writer(h), "%q %q %v\n", p.Name, p.Type, bits) // a hash takes everything
	}
	return Schema{Properties: sorted, Fingerprint: hex.EncodeToString(h.Sum(nil)[:16]), Read: read}
}

// SchemaCache keeps the fields of one account for some time. It may be used by
// many goroutines; while one asks Spotler the others wait for its answer. Use
// NewSchemaCache.
type SchemaCache struct {
	client *Client
	keep   time.Duration
	now    func() time.Time
	turn   chan struct{}
	mu     sync.Mutex
	last   Schema
}

// NewSchemaCache keeps the fields that client reads for as long as keep; now nil
// is time.Now.
func NewSchemaCache(client *Client, keep time.Duration, now func() time.Time) *SchemaCache {
	if now == nil {
		now = time.Now
	}
	return &SchemaCache{client: client, keep: keep, now: now, turn: make(chan struct{}, 1)}
}

// Schema is the fields, read again when they are older than keep (Mail+ API 5.1
// no. 1). An error leaves what was kept for the next call; nobody gets old fields
// for fresh ones.
func (s *SchemaCache) Schema(ctx context.Context) (Schema, error) {
	if fresh, ok := s.fresh(); ok {
		return fresh, nil
	}
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return Schema{}, notAnswered("spotler.Schema", ctx.Err())
	}
	if fresh, ok := s.fresh(); ok {
		return fresh, nil
	}
	read := s.now()
	properties, err := s.client.Properties(ctx)
	if err != nil {
		return Schema{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = NewSchema(properties, read)
	return s.last, nil
}

// Forget makes the next call read again: after a write that met an unknown field.
func (s *SchemaCache) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = Schema{}
}

func (s *SchemaCache) fresh() (Schema, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	age := s.now().Sub(s.last.Read)
	return s.last, s.last.Fingerprint != "" && age >= 0 && age < s.keep
}
