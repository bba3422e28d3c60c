package settings

import (
	"fmt"
	"maps"
	"net"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	connector "github.com/spotler-connector/connector"
)

const (
	second = time.Second
	hour   = time.Hour
)

func text(to *string) reader {
	return one("text", func(s string) error {
		*to = s
		return nil
	})
}

func secret(to *Secret) reader {
	return hidden("a secret, env:NAME or file:path", func(s string) error {
		*to = NewSecret(s)
		return nil
	})
}

func yesNo(to *bool) reader {
	return choice(map[string]bool{"true": true, "false": false}, to)
}

// oneOf reads a word that is kept as it is.
func oneOf[T ~string](to *T, words ...T) reader {
	known := map[string]T{}
	for _, w := range words {
		known[string(w)] = w
	}
	return choice(known, to)
}

// choice reads a word that stands for a value.
func choice[T any](known map[string]T, to *T) reader {
	form := strings.Join(slices.Sorted(maps.Keys(known)), ", ")
	return one(form, func(s string) error {
		v, ok := known[strings.ToLower(s)]
		if !ok {
			return &complaint{fmt.Sprintf("is %q", s), "use one of " + form}
		}
		*to = v
		return nil
	})
}

func number(to *int, low, high int) reader {
	form := fmt.Sprintf("a whole number from %d to %d", low, high)
	return one(form, func(s string) error {
		n, err := strconv.Atoi(s)
		if err != nil || n < low || n > high {
			return &complaint{fmt.Sprintf("is %q", s), "write " + form}
		}
		*to = n
		return nil
	})
}

// duration reads 90s, 5m, 1h30m or 30d, not shorter than low and not longer
// than ten years.
func duration(to *time.Duration, low time.Duration) reader {
	const high = 3650 * 24 * hour
	form := "a time such as 90s, 5m, 12h or 30d, at least " + low.String()
	return one(form, func(s string) error {
		d, err := time.ParseDuration(s)
		if days, isDays := strings.CutSuffix(s, "d"); isDays {
			var n int
			n, err = strconv.Atoi(days)
			if n > int(high/(24*hour)) {
				n = -1
			}
			d = time.Duration(n) * 24 * hour
		}
		if err != nil || d < low || d > high {
			return &complaint{fmt.Sprintf("is %q", s), "write " + form}
		}
		*to = d
		return nil
	})
}

func zone(to **time.Location) reader {
	const form = "the name of a time zone such as Europe/Amsterdam"
	return one(form, func(s string) error {
		z, err := time.LoadLocation(s)
		if err != nil || s == "" || s == "Local" {
			return &complaint{fmt.Sprintf("is %q", s), "write " + form}
		}
		*to = z
		return nil
	})
}

func environmentName(to *connector.Environment) reader {
	return one("lower-case letters, digits and hyphens", func(s string) error {
		e, err := connector.ParseEnvironment(s)
		if err != nil {
			return &complaint{fmt.Sprintf("is %q", s), "use 1 to 40 lower-case letters, digits or hyphens, starting with a letter"}
		}
		*to = e
		return nil
	})
}

func guid(to *connector.RecordID) reader {
	return one("a GUID", func(s string) error {
		id, err := connector.ParseRecordID(s)
		if err != nil {
			return &complaint{fmt.Sprintf("is %q", s), "write a GUID such as 6f0c1c9e-0d9b-4f0e-9a44-0a3c4f6c2b11"}
		}
		*to = id
		return nil
	})
}

// address reads a web address and takes the slash from its end. A query, a
// fragment or a user name in it would be lost or leaked later, so it is refused;
// the text itself is never repeated, since people paste tokens into addresses.
func address(to *string) reader {
	const form = "an address that starts with https://"
	return one(form, func(s string) error {
		u, err := url.Parse(s)
		if err != nil || u.Host == "" || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http" {
			return &complaint{"is not a web address", "write " + form}
		}
		if u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.ForceQuery {
			return &complaint{"carries a user name, a query or a fragment", "write only the address, up to its path"}
		}
		*to = strings.TrimRight(s, "/")
		return nil
	})
}

// brokerAddress reads the address of an AMQP 1.0 broker. Without TLS it must be on this
// machine; the text itself is not repeated, since people paste keys into addresses.
func brokerAddress(to *string) reader {
	const form = "an address that starts with amqps://"
	return one(form, func(s string) error {
		u, err := url.Parse(s)
		if err != nil || u.Hostname() == "" || u.Scheme != "amqps" && u.Scheme != "amqp" {
			return &complaint{"is not the address of a broker", "write " + form}
		}
		if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			return &complaint{"carries a user name, a query or a fragment", "write only the address; the key has a setting of its own"}
		}
		if ip := net.ParseIP(u.Hostname()); u.Scheme == "amqp" && u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return &complaint{"is without TLS", "write " + form}
		}
		*to = strings.TrimRight(s, "/")
		return nil
	})
}

// plain reports whether address is without TLS and leads off this machine.
func plain(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback())
}

func hostPort(to *string) reader {
	const form = "host:port, such as 127.0.0.1:8080 or :8080"
	return one(form, func(s string) error {
		_, port, err := net.SplitHostPort(s)
		if n, notNumber := strconv.Atoi(port); err != nil || notNumber != nil || n < 0 || n > 65535 {
			return &complaint{fmt.Sprintf("is %q", s), "write " + form}
		}
		*to = s
		return nil
	})
}

var nodeNames = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)

func nodeName(to *string) reader {
	return one("a name", func(s string) error {
		if !nodeNames.MatchString(s) {
			return &complaint{fmt.Sprintf("is %q", s), "use 1 to 63 letters, digits, dots, hyphens or underscores"}
		}
		*to = s
		return nil
	})
}

var hookIDs = regexp.MustCompile(`^[A-Za-z0-9_-]{16,64}$`)

func hookID(to *string) reader {
	return one("16 to 64 random letters and digits", func(s string) error {
		if !hookIDs.MatchString(s) {
			return &complaint{"cannot stand in an address or is easy to guess", "use 16 to 64 random letters and digits, or leave it out"}
		}
		*to = s
		return nil
	})
}

// file reads a path; a relative one starts at the folder of the settings file,
// or at the working directory for a variable.
func file(to *string) reader {
	r := reader{form: "a path"}
	r.read = func(v value) error {
		s, err := v.one(r.form)
		if err != nil {
			return err
		}
		*to = v.from.path(s)
		return nil
	}
	return r
}

func (o *origin) path(s string) string {
	if o == nil || filepath.IsAbs(s) {
		return s
	}
	return filepath.Join(o.folder, s)
}

func database(to *Database) reader {
	const form = "sqlite:path or postgres://user:password@host/name"
	r := reader{form: form, secret: true}
	r.read = func(v value) error {
		s, err := v.reveal(form)
		if err != nil {
			return err
		}
		kind, rest, _ := strings.Cut(s, ":")
		switch {
		case kind == "sqlite" && strings.TrimPrefix(rest, "//") != "":
			*to = Database{Kind: SQLite, Path: v.from.path(strings.TrimPrefix(rest, "//"))}
		case kind == "postgres" || kind == "postgresql":
			u, err := url.Parse(s)
			if err != nil || !strings.HasPrefix(rest, "//") || u.Host == "" && u.Query().Get("host") == "" {
				return &complaint{"is not a connection URL", "write " + form + ", with special characters in the password as %XX"}
			}
			*to = Database{Kind: Postgres, URL: NewSecret(s)}
		default:
			return &complaint{"names no database we know", "write " + form}
		}
		return nil
	}
	return r
}
