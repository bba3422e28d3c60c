package mapping

import (
	"strings"
	"unicode/utf8"
)

// A cell is bounded in bytes and items.
const (
	maxCell  = 2000
	maxItems = 20
)

// ParseExpression reads one cell in the full grammar. Empty text is no source
// (nil) and no error; an error is a *CellError. Names are folded to lower case.
func ParseExpression(cell string) (Source, error) {
	cell = strings.TrimSpace(cell)
	switch {
	case !utf8.ValidString(cell):
		return nil, &CellError{"", 1, "the cell is not UTF-8 text"}
	case len(cell) > maxCell:
		return nil, &CellError{cell, 1, "the cell is longer than 2000 bytes"}
	case strings.HasPrefix(strings.ToLower(cell), queryPrefix):
		query := strings.TrimSpace(cell[len(queryPrefix):])
		if query == "" || strings.ContainsAny(query, "\r\n") {
			return nil, &CellError{cell, len(queryPrefix) + 1, "write one line with a query behind @odata:"}
		}
		return Query(query), nil
	case cell == "":
		return nil, nil
	case cell[0] == '$':
		source, err := parseDollar(cell)
		if err != nil {
			return nil, &CellError{cell, 1, err.Error()}
		}
		return source, nil
	}
	tokens, wrong := lex(cell)
	if wrong != nil {
		return nil, wrong
	}
	p := &cellParser{cell: cell, tokens: tokens}
	var source Source
	if p.now().kind == '@' {
		source = p.special()
	} else {
		source = p.firstFilled()
	}
	p.expect(0, "nothing may follow here")
	if p.wrong != nil {
		return nil, p.wrong
	}
	return source, nil
}

// cellParser keeps the first thing that is wrong; after it, every step is idle.
type cellParser struct {
	cell   string
	tokens []token
	i      int
	wrong  *CellError
}

func (p *cellParser) now() token { return p.tokens[p.i] }

func (p *cellParser) refuse(says string) {
	if p.wrong == nil {
		p.wrong = &CellError{p.cell, p.now().at, says}
	}
}

// accept steps over a token of the kind and reports whether there was one.
func (p *cellParser) accept(kind rune) bool {
	if p.wrong != nil || p.now().kind != kind {
		return false
	}
	if kind != 0 {
		p.i++
	}
	return true
}

func (p *cellParser) expect(kind rune, says string) string {
	text := p.now().text
	if !p.accept(kind) {
		p.refuse(says)
	}
	return text
}

func (p *cellParser) name(says string) string {
	if !columnName.MatchString(p.now().text) {
		p.refuse(says)
	}
	return p.expect('w', says)
}

// column reads a column, or a column through a lookup.
func (p *cellParser) column() Source {
	name := p.name("name a column here")
	if !p.accept('(') {
		return Column(name)
	}
	t := Through{Lookup: name}
	if p.now().kind == 'w' {
		t.Table = p.name("name the related table here")
	}
	p.expect(')', "close the bracket behind the table")
	p.expect('.', "write a point and a column of the related table")
	t.Column = p.name("name a column of the related table here")
	return t
}

func (p *cellParser) firstFilled() Source {
	all := FirstFilled{p.column()}
	for p.accept(';') && p.now().kind != 0 {
		all = append(all, p.column())
	}
	if len(all) > maxItems {
		p.refuse("more than 20 columns; leave some out")
	}
	if len(all) == 1 {
		return all[0]
	}
	return all
}

func (p *cellParser) special() Source {
	p.accept('@')
	word := p.now()
	if word.kind == 'w' {
		switch word.text {
		case "map":
			p.i++
			return p.related()
		case "concat":
			p.i++
			return p.concat()
		case "child":
			p.i++
			return p.child()
		}
	}
	p.refuse("use @map, @concat, @child or @odata:")
	return nil
}

func (p *cellParser) related() Source {
	p.expect('(', "open a bracket behind @map")
	switch name := Related(p.now().text); name {
	case Permissions, Lists, Periodieken:
		p.expect('w', "use permissions, list or periodiek")
		p.expect(')', "close the bracket")
		return name
	}
	p.refuse("use permissions, list or periodiek")
	return nil
}

func (p *cellParser) concat() Source {
	p.expect('(', "open a bracket behind @concat")
	var all Concat
	for more := true; more && p.wrong == nil; more = p.accept(',') {
		if text := p.now().text; p.accept('"') {
			all = append(all, Text(text))
			continue
		}
		all = append(all, p.column())
	}
	if len(all) > maxItems {
		p.refuse("more than 20 parts; leave some out")
	}
	p.expect(')', "write a comma and the next part, or close the bracket")
	return all
}

func (p *cellParser) child() Source {
	var c Child
	p.expect('(', "open a bracket behind @child")
	c.Table = p.name("name the child table here")
	if p.accept(',') {
		c.Match = p.name("name the lookup of the child table that points at the record")
	}
	p.expect(')', "close the bracket behind the table")
	p.expect('.', "write .first(column desc) behind the table")
	if p.now().text != "first" {
		p.refuse("write first(column desc) here")
	}
	p.expect('w', "write first(column desc) here")
	p.expect('(', "open a bracket behind first")
	c.By = p.name("name the column to order by here")
	switch order := p.now(); {
	case order.kind == 'w' && (order.text == "desc" || order.text == "asc"):
		c.Descending = order.text == "desc"
		p.accept('w')
	case order.kind == 'w':
		p.refuse("use asc or desc")
	}
	p.expect(')', "close the bracket behind the order")
	p.expect('.', "write a point and a column of the child table")
	c.Column = p.name("name a column of the child table here")
	return c
}
