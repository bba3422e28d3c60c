package dataversesim

import (
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
)

// guid is the id of a row.
type guid [16]byte

// parseGUID reads the 36-character form, in any case, with or without braces.
func parseGUID(s string) (guid, bool) {
	if len(s) == 38 && s[0] == '{' && s[37] == '}' {
		s = s[1:37]
	}
	var g guid
	if len(s) != 36 {
		return g, false
	}
	at := 0
	for i := 0; i < 36; {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if s[i] != '-' {
				return guid{}, false
			}
			i++
			continue
		}
		hi, lo := nibble(s[i]), nibble(s[i+1])
		if hi > 15 || lo > 15 {
			return guid{}, false
		}
		g[at] = hi<<4 | lo
		at++
		i += 2
	}
	return g, true
}

func nibble(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}

// append adds the lower-case 36-character form.
func (g guid) append(b []byte) []byte {
	b = hex.AppendEncode(b, g[:4])
	for i := 4; i < 10; i += 2 {
		b = append(b, '-')
		b = hex.AppendEncode(b, g[i:i+2])
	}
	b = append(b, '-')
	return hex.AppendEncode(b, g[10:])
}

func (g guid) String() string { return string(g.append(make([]byte, 0, 36))) }

func (g guid) isZero() bool { return g == guid{} }

// newGUID draws a version 4 id from r, so that one seed gives one history.
func newGUID(r *rand.Rand) guid {
	var g guid
	a, b := r.Uint64(), r.Uint64()
	for i := range 8 {
		g[i], g[8+i] = byte(a>>(8*i)), byte(b>>(8*i))
	}
	g[6] = g[6]&0x0f | 0x40
	g[8] = g[8]&0x3f | 0x80
	return g
}

// derivedGUID is an id that follows from a text.
func derivedGUID(text string) guid {
	sum := sha256.Sum256([]byte(text))
	g := guid(sum[:16])
	g[6] = g[6]&0x0f | 0x40
	g[8] = g[8]&0x3f | 0x80
	return g
}
