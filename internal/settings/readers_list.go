package settings

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	connector "github.com/spotler-connector/connector"
	"github.com/spotler-connector/connector/internal/schema"
)

// Readers of settings that hold more than one value.

// pairs reads names with values.
func pairs(to *map[string]string) reader {
	const form = "names with values"
	return reader{form: form, read: func(v value) error {
		entries, err := v.entries(form)
		if err != nil {
			return err
		}
		out := map[string]string{}
		for _, e := range entries {
			s, err := e.value.one("text")
			if err != nil {
				return err
			}
			if _, twice := out[e.key]; twice || e.key == "" || s == "" {
				return &complaint{fmt.Sprintf("has %q twice or empty", e.key), "give each name one value"}
			}
			out[e.key] = s
		}
		*to = out
		return nil
	}}
}

func tables(to *[]connector.Table) reader {
	const form = "some of contact, lead, account"
	return reader{form: form, read: func(v value) error {
		items, err := v.list(form)
		if err != nil {
			return err
		}
		var out []connector.Table
		for _, item := range items {
			s, err := item.one(form)
			if err != nil {
				return err
			}
			t := connector.Table(strings.ToLower(s))
			if !t.IsPerson() || slices.Contains(out, t) {
				return &complaint{fmt.Sprintf("has %q, which cannot be synchronised or stands there twice", s), "write " + form}
			}
			out = append(out, t)
		}
		if len(out) == 0 {
			return &complaint{"is empty", "write " + form}
		}
		*to = out
		return nil
	}}
}

// minHookSecret is the length under which a secret on a public address can be
// guessed.
const minHookSecret = 16

func hookSecrets(to *[]Secret) reader {
	return secrets(to, 2, func(s string) error {
		if len(s) < minHookSecret {
			return &complaint{"has a secret that is too short", fmt.Sprintf("use at least %d random characters", minHookSecret)}
		}
		for _, r := range s {
			if r <= ' ' || r > '~' {
				return &complaint{"has a secret that cannot stand in a header", "use letters, digits and signs of ASCII without spaces"}
			}
		}
		return nil
	})
}

func encryptionKey(to *Secret) reader {
	return hidden("32 bytes as base64 or hexadecimal digits, env:NAME or file:path", func(s string) error {
		*to = NewSecret(s)
		return checkKey(s)
	})
}

func encryptionKeys(to *[]Secret) reader { return secrets(to, 10, checkKey) }

func checkKey(s string) error {
	if _, ok := ParseKey(NewSecret(s)); !ok {
		return &complaint{"is not an encryption key", fmt.Sprintf("write %d random bytes as base64 (openssl rand -base64 %d)", KeySize, KeySize)}
	}
	return nil
}

// secrets reads one to most secrets that check has nothing against.
func secrets(to *[]Secret, most int, check func(string) error) reader {
	const form = "a list of secrets, each as it is, env:NAME or file:path"
	return reader{form: form, secret: true, read: func(v value) error {
		items, err := v.list(form)
		if err != nil {
			return err
		}
		var out []Secret
		for _, item := range items {
			s, err := item.reveal(form)
			if err != nil {
				return err
			}
			if err := check(s); err != nil {
				return err
			}
			out = append(out, NewSecret(s))
		}
		if len(out) == 0 || len(out) > most {
			return &complaint{fmt.Sprintf("has %d secrets", len(out)), fmt.Sprintf("write 1 to %d", most)}
		}
		*to = out
		return nil
	}}
}

// columnKinds are the types that a column of the organisation's own may have.
var columnKinds = map[string]schema.Kind{
	"string": schema.String, "memo": schema.Memo, "int": schema.Int, "bigint": schema.BigInt, "decimal": schema.Decimal, "double": schema.Double, "money": schema.Money,
	"bool": schema.Bool, "dateonly": schema.DateOnly, "datetime": schema.DateTime, "localtime": schema.LocalTime, "choice": schema.Choice, "choices": schema.Choices,
}

// names reads logical names of columns, each once.
func names(to *[]string) reader {
	const form = "logical names of columns"
	return reader{form: form, read: func(v value) error {
		items, err := v.list(form)
		if err != nil {
			return err
		}
		var out []string
		for _, item := range items {
			s, err := item.one(form)
			if err != nil {
				return err
			}
			if s = strings.ToLower(s); !columnNames.MatchString(s) || slices.Contains(out, s) {
				return &complaint{fmt.Sprintf("has %q, which is no logical name or stands there twice", s), "write " + form + ", such as lastname, address1_postalcode"}
			}
			out = append(out, s)
		}
		*to = out
		return nil
	}}
}

var columnNames = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,99}$`)

func columns(to *map[connector.Table][]schema.Column) reader {
	kinds := strings.Join(slices.Sorted(maps.Keys(columnKinds)), ", ")
	form := "table.column with one of " + kinds
	return reader{form: form, read: func(v value) error {
		entries, err := v.entries(form)
		if err != nil {
			return err
		}
		out := map[connector.Table][]schema.Column{}
		for _, e := range entries {
			word, err := e.value.one(form)
			if err != nil {
				return err
			}
			table, column, err := parseColumn(e.key, word, kinds)
			if err != nil {
				return err
			}
			if slices.ContainsFunc(out[table], func(c schema.Column) bool { return c.Name == column.Name }) {
				return &complaint{fmt.Sprintf("has %q twice", e.key), "give each column one type"}
			}
			out[table] = append(out[table], column)
		}
		*to = out
		return nil
	}}
}

func parseColumn(key, word, kinds string) (connector.Table, schema.Column, error) {
	name, column, ok := strings.Cut(key, ".")
	table := connector.Table(name)
	if !ok || !table.IsPerson() || !columnNames.MatchString(column) {
		return "", schema.Column{}, &complaint{fmt.Sprintf("has %q, which is not a column of a contact, lead or account", key), "write it as contact.dh_version"}
	}
	kind, ok := columnKinds[strings.ToLower(word)]
	if !ok {
		return "", schema.Column{}, &complaint{fmt.Sprintf("gives %s the type %q", key, word), "use one of " + kinds}
	}
	if known, _ := schema.Of(table); known.Name == table {
		if standard, taken := known.Column(column); taken && standard.Kind != kind {
			return "", schema.Column{}, &complaint{fmt.Sprintf("gives %s the type %s, but Dynamics has %s", key, kind, standard.Kind), "leave it out: it is known already"}
		}
	}
	return table, schema.Column{Name: column, Schema: column, Label: column, Kind: kind}, nil
}
