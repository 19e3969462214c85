package probe

import (
	"strings"
	"testing"
)

func TestClean(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"plain", "plain"},
		{" two  words \n and\tmore ", "two words and more"},
		{"bell\x07 escape\x1b[0m", "bell escape [0m"},
		{"bad\xff utf8", "bad\uFFFD utf8"},
		{"\uFFFE\uFFFF", ""},
		{"häß 模型 𝛉", "häß 模型 𝛉"},
	} {
		if got := clean(c.in); got != c.want {
			t.Errorf("clean(%q) is %q, want %q", c.in, got, c.want)
		}
	}
}

func TestShortenCutsOnlyWhatIsTooWide(t *testing.T) {
	f := faces().tick
	const text = "activity of a layer"
	w := textWidth(f, text)
	if got := shorten(f, text, w); got != text {
		t.Errorf("got %q, want all of it", got)
	}
	const shorter = "activity of a la…"
	room := textWidth(f, shorter)
	if got := shorten(f, text, room); got != shorter {
		t.Errorf("got %q, want %q, which has room", got, shorter)
	}
	if got, want := shorten(f, text, room-1), "activity of a l…"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := shorten(f, "a layer", textWidth(f, "a …")), "a…"; got != want {
		t.Errorf("got %q, want %q without a space", got, want)
	}
	if got, want := shorten(f, "@@@", textWidth(f, "@@@")-0.1), "@@…"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := shorten(f, text, 0); got != "…" {
		t.Errorf("got %q, want the ellipsis alone", got)
	}
}

func TestWrapBreaksBetweenWords(t *testing.T) {
	f := faces().title
	const text = "a title of several words and averyveryverylongwordthathasnoroom at the end"
	most := textWidth(f, "a title of several words")
	lines := wrap(f, text, most)
	if lines[0] != "a title of several words" {
		t.Errorf("first line is %q", lines[0])
	}
	for _, line := range lines {
		if textWidth(f, line) > most {
			t.Errorf("line %q is too wide", line)
		}
	}
	joined := strings.Join(lines, " ")
	if !strings.HasPrefix(joined, "a title of several words and avery") || !strings.HasSuffix(joined, "… at the end") {
		t.Errorf("lines are %q", lines)
	}
	if lines := wrap(f, "", most); len(lines) != 0 {
		t.Errorf("lines of nothing are %q", lines)
	}
}

func FuzzAnyTextMakesAWellFormedSVG(f *testing.F) {
	for _, s := range []string{"perplexity", "<&>\"'", "\x00\x01\x1b", "\xff\xfe", "]]>", "\uFFFE", "נ模\U0001F600", "a\u2028b\u200bc", `" onload="x`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		figure, err := Panels{Title: s, XLabel: s, Panels: []Lines{{
			Title: s, YLabel: s, Series: []Series{{Name: s, Y: []float64{1, 2}}}, References: []Reference{{s, 1}},
		}}}.Figure()
		if err != nil {
			t.Fatal(err)
		}
		texts := textsOf(t, figure.SVG())
		for _, text := range texts {
			if strings.ContainsRune(text, 0) {
				t.Errorf("text %q", text)
			}
		}
		if short := clean(s); short != "" && len(short) < 10 && !strings.Contains(strings.Join(texts, "\n"), short) {
			t.Errorf("%q is not among %q", short, texts)
		}
	})
}
