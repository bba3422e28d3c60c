package transport

// AppendEscaped appends s percent-encoded as RFC 3986 wants it: everything but
// letters, digits and -._~ becomes %XX. It serves path segments, query values
// and OAuth alike, so that what is sent and what is signed are one spelling.
func AppendEscaped(dst []byte, s string) []byte { return appendEscaped(dst, s) }

const upperHex = "0123456789ABCDEF"

func appendEscaped[T string | []byte](dst []byte, s T) []byte {
	for i := range len(s) {
		if c := s[i]; unreserved[c] {
			dst = append(dst, c)
		} else {
			dst = append(dst, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	return dst
}

// plain reports whether s reads the same encoded and decoded.
func plain(s string) bool {
	for i := range len(s) {
		if !unreserved[s[i]] {
			return false
		}
	}
	return true
}

var unreserved = func() (set [256]bool) {
	for c := range set {
		b := byte(c)
		set[c] = b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' ||
			b == '-' || b == '.' || b == '_' || b == '~'
	}
	return set
}()
