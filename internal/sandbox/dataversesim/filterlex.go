package dataversesim

import "strings"

// tokenKind sorts the words of a $filter.
type tokenKind int

const (
	tokEnd    tokenKind = iota
	tokWord             // a name, a path, a keyword, a number, a GUID or a date
	tokText             // 'quoted', with doubled quotes undone
	tokSymbol           // ( ) , = [ ]
	tokBad
)

type token struct {
	kind tokenKind
	text string
}

// lexer cuts a $filter into words.
type lexer struct {
	text string
	at   int
}

func (l *lexer) next() token {
	for l.at < len(l.text) && l.text[l.at] == ' ' {
		l.at++
	}
	if l.at >= len(l.text) {
		return token{kind: tokEnd}
	}
	switch c := l.text[l.at]; {
	case c == '\'':
		return l.quoted()
	case c == '"':
		return l.doubleQuoted()
	case strings.IndexByte("(),=[]", c) >= 0:
		l.at++
		return token{tokSymbol, string(c)}
	}
	start := l.at
	for l.at < len(l.text) && strings.IndexByte(" (),='\"[]", l.text[l.at]) < 0 {
		l.at++
	}
	return token{tokWord, l.text[start:l.at]}
}

func (l *lexer) quoted() token {
	var b strings.Builder
	for l.at++; l.at < len(l.text); l.at++ {
		if l.text[l.at] != '\'' {
			b.WriteByte(l.text[l.at])
			continue
		}
		if l.at+1 < len(l.text) && l.text[l.at+1] == '\'' {
			b.WriteByte('\'')
			l.at++
			continue
		}
		l.at++
		return token{tokText, b.String()}
	}
	return token{kind: tokBad}
}

// doubleQuoted reads the form that PropertyValues=["a","b"] may take.
func (l *lexer) doubleQuoted() token {
	end := strings.IndexByte(l.text[l.at+1:], '"')
	if end < 0 {
		return token{kind: tokBad}
	}
	text := l.text[l.at+1 : l.at+1+end]
	l.at += end + 2
	return token{tokText, text}
}
