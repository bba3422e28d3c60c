package query

import "strings"

// like makes the test of a pattern: % is any text, _ any character, [ab-c] one
// of these and [^ab-c] none of them. Case does not count.
func like(pattern string) func(string) bool {
	steps := likeSteps([]rune(strings.ToLower(pattern)))
	return func(s string) bool { return likeMatch(steps, []rune(strings.ToLower(s))) }
}

// likeStep is one part of a pattern: any text, or a test of one character.
type likeStep struct {
	any bool
	is  func(rune) bool
}

func likeSteps(p []rune) (out []likeStep) {
	for i := 0; i < len(p); i++ {
		switch c := p[i]; {
		case c == '%':
			if len(out) == 0 || !out[len(out)-1].any {
				out = append(out, likeStep{any: true})
			}
		case c == '_':
			out = append(out, likeStep{is: func(rune) bool { return true }})
		case c == '[' && closing(p, i) > 0:
			end := closing(p, i)
			out = append(out, likeStep{is: oneOf(p[i+1 : end])})
			i = end
		default:
			out = append(out, likeStep{is: func(r rune) bool { return r == c }})
		}
	}
	return out
}

func closing(p []rune, from int) int {
	for i := from + 2; i < len(p); i++ {
		if p[i] == ']' {
			return i
		}
	}
	return -1
}

func oneOf(set []rune) func(rune) bool {
	want := true
	if set[0] == '^' && len(set) > 1 {
		want, set = false, set[1:]
	}
	return func(r rune) bool {
		for i := 0; i < len(set); i++ {
			if i+2 < len(set) && set[i+1] == '-' {
				if r >= set[i] && r <= set[i+2] {
					return want
				}
				i += 2
			} else if r == set[i] {
				return want
			}
		}
		return !want
	}
}

// likeMatch goes back to the last % only, so it takes at most the product of
// the two lengths.
func likeMatch(p []likeStep, s []rune) bool {
	i, j, star, from := 0, 0, -1, 0
	for j < len(s) {
		switch {
		case i < len(p) && p[i].any:
			star, from = i, j
			i++
		case i < len(p) && p[i].is(s[j]):
			i++
			j++
		case star >= 0:
			from++
			i, j = star+1, from
		default:
			return false
		}
	}
	for i < len(p) && p[i].any {
		i++
	}
	return i == len(p)
}
