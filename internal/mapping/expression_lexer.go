package mapping

import (
	"fmt"
	"strings"
)

// CellError points at the character of a cell at which it stops making sense.
type CellError struct {
	Cell string
	At   int // in characters, 1 is the first; one past the last at the end
	Says string
}

// Error is one line: "character 5: …".
func (e *CellError) Error() string { return fmt.Sprintf("character %d: %s", e.At, e.Says) }

// Caret is the cell with a caret below the character.
func (e *CellError) Caret() string { return e.Cell + "\n" + strings.Repeat(" ", e.At-1) + "^" }

// token is a word, a quoted text, or one of ( ) . , ; @ and the end.
type token struct {
	kind rune // 'w', '"', the sign itself, or 0 at the end
	text string
	at   int // in characters, from 1
}

// lex splits a cell into tokens; the last one is the end.
func lex(cell string) ([]token, *CellError) {
	runes, out := []rune(cell), []token(nil)
	for i := 0; i < len(runes); {
		c, at := runes[i], i+1
		switch {
		case c == ' ' || c == '\t':
			i++
		case strings.ContainsRune("().,;@", c):
			out = append(out, token{c, string(c), at})
			i++
		case c == '"':
			text, next := quoted(runes, i+1)
			if next < 0 {
				return nil, &CellError{cell, at, "the text is not closed; end it with a quotation mark"}
			}
			out = append(out, token{'"', text, at})
			i = next
		case inWord(c):
			for i < len(runes) && inWord(runes[i]) {
				i++
			}
			out = append(out, token{'w', strings.ToLower(string(runes[at-1 : i])), at})
		default:
			return nil, &CellError{cell, at, "this character cannot stand here; column names have letters, digits and underscores"}
		}
	}
	return append(out, token{at: len(runes) + 1}), nil
}

// quoted reads to the closing quotation mark; next is -1 without one.
func quoted(runes []rune, i int) (text string, next int) {
	var b strings.Builder
	for ; i < len(runes); i++ {
		switch {
		case runes[i] == '"':
			return b.String(), i + 1
		case runes[i] == '\\' && i+1 < len(runes):
			i++
		}
		b.WriteRune(runes[i])
	}
	return "", -1
}

func inWord(c rune) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
