package optim

import "testing"

func TestPatternsMatchWholeNames(t *testing.T) {
	cases := []struct {
		pattern, name string
		want          bool
	}{
		{"", "", true},
		{"", "a", false},
		{"a.b", "a.b", true},
		{"a.b", "axb", false},
		{"a", "ab", false},
		{"*", "", true},
		{"*", "a/b.c", true},
		{"*threshold", "egru/0/threshold", true},
		{"*threshold", "threshold", true},
		{"*threshold", "threshold_rate", false},
		{"egru*", "egru0", true},
		{"egru*", "my egru0", false},
		{"a*b", "ab", true},
		{"a*b", "a", false},
		{"ab*ba", "aba", false}, // head and tail must not share letters
		{"a*b*c", "a.b.b.c", true},
		{"a*b*c", "acb", false},
		{"a*b*", "ab", true},
		{"a*bc*c", "abcbc", true},
		{"**", "x", true},
		{"[a]?", "[a]?", true},
		{"Wähl*", "Wähler", true},
	}
	for _, c := range cases {
		if got := matches([]string{"no such name", c.pattern}, c.name); got != c.want {
			t.Errorf("pattern %q, name %q: %v, want %v", c.pattern, c.name, got, c.want)
		}
	}
	if matches(nil, "a") {
		t.Error("no pattern matches")
	}
}
