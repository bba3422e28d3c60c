// Package odata reads the system query options of an OData address, as the
// platform understands them (reference: dataverse-api 2.5), into the query
// model that package query answers.
package odata

import (
	"strings"

	"github.com/spotler-connector/connector/internal/sandbox/dataversesim/query"
)

// kind says what a token is.
type kind int

const (
	end     kind = iota
	broken       // a character that has no meaning, or a text without its end
	sign         // one of ( ) , = [ ] : / * ;
	name         // letters, digits, _ . @ $
	number       // 3, -2.5e3
	quoted       // 'it''s', without its quotes
	guid         // a0000000-0000-4000-8000-000000000001
	instant      // 2026-05-10 or 2026-05-10T12:00:00Z
)

// token is one word of an expression; at is where it starts.
type token struct {
	kind kind
	text string
	at   int
}

// lexer cuts an expression into tokens.
type lexer struct {
	text string
	at   int
}

func (l *lexer) next() token {
	for l.at < len(l.text) && (l.text[l.at] == ' ' || l.text[l.at] == '\t' || l.text[l.at] == '\n' || l.text[l.at] == '\r') {
		l.at++
	}
	start := l.at
	if start == len(l.text) {
		return token{end, "", start}
	}
	c := l.text[start]
	rest := l.text[start:]
	if len(rest) >= 36 && (len(rest) == 36 || !wordByte(rest[36])) {
		if _, ok := query.ParseGUID(rest[:36]); ok {
			l.at += 36
			return token{guid, rest[:36], start}
		}
	}
	switch {
	case strings.IndexByte("(),=[]:/*;", c) >= 0:
		l.at++
		return token{sign, rest[:1], start}
	case c == '\'' || c == '"':
		return l.quote(c)
	case digit(c) || (c == '-' || c == '+') && len(rest) > 1 && digit(rest[1]):
		return l.digits()
	case letter(c) || c == '@' || c == '$':
		for l.at++; l.at < len(l.text) && (wordByte(l.text[l.at]) || l.text[l.at] == '.'); {
			l.at++
		}
		return token{name, l.text[start:l.at], start}
	}
	l.at = len(l.text)
	return token{broken, "", start}
}

// quote reads a text. A quote in it is doubled. Double quotes are tolerated:
// PropertyValues=["a","b"] is seen.
func (l *lexer) quote(mark byte) token {
	start := l.at
	if end := strings.IndexByte(l.text[start+1:], mark); end >= 0 && (start+end+2 == len(l.text) || l.text[start+end+2] != mark) {
		l.at = start + end + 2
		return token{quoted, l.text[start+1 : start+1+end], start}
	}
	var b strings.Builder
	for i := start + 1; i < len(l.text); i++ {
		switch {
		case l.text[i] != mark:
			b.WriteByte(l.text[i])
		case i+1 < len(l.text) && l.text[i+1] == mark:
			b.WriteByte(mark)
			i++
		default:
			l.at = i + 1
			return token{quoted, b.String(), start}
		}
	}
	l.at = len(l.text)
	return token{broken, "", start}
}

// digits reads a number, or a date with or without a time.
func (l *lexer) digits() token {
	start := l.at
	for l.at++; l.at < len(l.text); l.at++ {
		c := l.text[l.at]
		if !wordByte(c) && c != '.' && c != '-' && c != '+' && c != ':' {
			break
		}
	}
	text := l.text[start:l.at]
	if len(text) >= 10 && text[4] == '-' && text[7] == '-' {
		return token{instant, text, start}
	}
	return token{number, text, start}
}

func digit(c byte) bool { return c >= '0' && c <= '9' }
func letter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}
func wordByte(c byte) bool { return digit(c) || letter(c) }

// pieces splits at a separator that stands outside quotes and parentheses.
func pieces(text string, separator byte) (out []string) {
	depth, start := 0, 0
	mark := byte(0)
	for i := range len(text) {
		c := text[i]
		switch {
		case mark != 0:
			if c == mark {
				mark = 0
			}
		case c == '\'' || c == '"':
			mark = c
		case c == '(' || c == '[':
			depth++
		case c == ')' || c == ']':
			depth--
		case c == separator && depth == 0:
			out = append(out, text[start:i])
			start = i + 1
		}
	}
	return append(out, text[start:])
}
