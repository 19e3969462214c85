package optim

import "strings"

// matches reports whether one of the patterns fits the whole name. In a pattern
// * stands for any run of characters, also an empty one; all else is literal.
func matches(patterns []string, name string) bool {
	for _, p := range patterns {
		if match(p, name) {
			return true
		}
	}
	return false
}

func match(pattern, name string) bool {
	head, rest, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == name
	}
	name, ok := strings.CutPrefix(name, head)
	// Taking the first place where a middle piece fits leaves most of the name
	// to the pieces behind it, so nothing needs to be tried twice.
	for ok {
		var piece string
		if piece, rest, star = strings.Cut(rest, "*"); !star {
			return strings.HasSuffix(name, piece)
		}
		_, name, ok = strings.Cut(name, piece)
	}
	return false
}
