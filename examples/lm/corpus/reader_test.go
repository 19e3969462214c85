package corpus

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// small are limits that short inputs reach.
var small = Limits{FileBytes: 200, LineBytes: 40, WordBytes: 10, Tokens: 50, Words: 20}

func readNew(text string, limits Limits) (*Vocabulary, []int, error) {
	v := emptyVocabulary()
	tokens, err := readTokens(strings.NewReader(text), "file", limits, learn(v, limits.Words))
	return v, tokens, err
}

func TestEveryLineIsClosedByEndOfSentence(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"two lines", "a b\nc\n", "a b <eos> c <eos>"},
		{"no last line feed", "a b\nc", "a b <eos> c <eos>"},
		{"empty lines", "\na\n\n \nb\n\n", "<eos> a <eos> <eos> <eos> b <eos> <eos>"},
		{"many blanks", "  a \t b  \n", "a b <eos>"},
		{"carriage returns", "a b\r\nc\r\n", "a b <eos> c <eos>"},
		{"wide blanks", "a\u00a0b\u3000c\n", "a b c <eos>"},
		{"<eos> in the text is the same word", "a <eos> b\n", "a <eos> b <eos>"},
		{"a byte order mark", "\ufeffa b\n\ufeffa\n", "a b <eos> \ufeffa <eos>"},
		{"other scripts", "größe 大\n", "größe 大 <eos>"},
	} {
		v, tokens, err := readNew(test.text, small)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		var words []string
		for _, id := range tokens {
			word, _ := v.Word(id)
			words = append(words, word)
		}
		if got := strings.Join(words, " "); got != test.want {
			t.Errorf("%s: read %q, want %q", test.name, got, test.want)
		}
	}
}

func TestIdsFollowTheFirstAppearance(t *testing.T) {
	v, tokens, err := readNew("b a b\nc a\n", small)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"b", "a", EndOfSentence, "c"}; !slices.Equal(v.Words(), want) {
		t.Errorf("vocabulary %q, want %q", v.Words(), want)
	}
	if want := []int{0, 1, 0, 2, 3, 1, 2}; !slices.Equal(tokens, want) {
		t.Errorf("tokens %v, want %v", tokens, want)
	}
}

func TestReaderErrorsNameTheLine(t *testing.T) {
	x := func(n int) string { return strings.Repeat("x", n) }
	for _, test := range []struct {
		name, text string
		cause      error
		want       string
	}{
		{"empty file", "", ErrEmpty, "file"},
		{"nothing but blanks", "\n \n\t\n", ErrEmpty, "file"},
		{"no UTF-8", "a\nb\nc \xff\n", ErrEncoding, "file:3"},
		{"cut UTF-8", "a\nb \xc3", ErrEncoding, "file:2"},
		{"long word", "a\n\n" + x(11) + "\n", ErrTooLarge, "file:3: word"},
		{"long line", "a\n" + strings.Repeat("x ", 20) + "y\n", ErrTooLarge, "file:2: more than 40 bytes"},
		{"long last line", "a\n" + strings.Repeat("x ", 20) + "y", ErrTooLarge, "file:2: more than 40 bytes"},
		{"many tokens", strings.Repeat("a\n", 26), ErrTooLarge, "file:26: more than 50 tokens"},
		{"many words", "a b c d e f g h i\nj k l m n o p q r s t\n", ErrTooLarge, `file:2: word "t"`},
		{"large file", strings.Repeat(x(9)+" "+x(9)+"\n", 10) + "x", ErrTooLarge, "file: more than 200 bytes"},
	} {
		_, tokens, err := readNew(test.text, small)
		if !errors.Is(err, test.cause) || !strings.Contains(err.Error(), test.want) || tokens != nil {
			t.Errorf("%s: error %v, want %q and cause %v", test.name, err, test.want, test.cause)
		}
	}
}

func TestTextsAtTheLimitsAreRead(t *testing.T) {
	x := func(n int) string { return strings.Repeat("x", n) }
	for _, test := range []struct{ name, text string }{
		{"word", "a " + x(10) + "\n"},
		{"line", strings.Repeat("x ", 20) + "\n"},
		{"last line", "a\n" + strings.Repeat("x ", 20)},
		{"tokens", strings.Repeat("a\n", 25)},
		{"words", "a b c d e f g h i\nj k l m n o p q r s\n"},
		{"file", strings.Repeat(x(9)+" "+x(9)+"\n", 10)},
	} {
		if _, _, err := readNew(test.text, small); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

// Lines longer than the first buffer of the scanner meet the same limit.
func TestLineLimitHoldsForLongLines(t *testing.T) {
	limits := DefaultLimits()
	limits.LineBytes = 100_000
	for _, test := range []struct {
		length int
		cause  error
	}{{100_000, nil}, {100_001, ErrTooLarge}} {
		for _, end := range []string{"\n", ""} {
			line := strings.Repeat("x ", test.length/2) + strings.Repeat("x", test.length%2)
			if _, _, err := readNew(line+end, limits); !errors.Is(err, test.cause) {
				t.Errorf("line of %d bytes and %q: error %v, want %v", test.length, end, err, test.cause)
			}
		}
	}
}

func TestReaderStopsAtTheFileLimit(t *testing.T) {
	endless := &endlessReader{}
	limits := DefaultLimits()
	limits.FileBytes = 1 << 16
	v := emptyVocabulary()
	_, err := readTokens(endless, "file", limits, learn(v, limits.Words))
	if !errors.Is(err, ErrTooLarge) {
		t.Errorf("error %v, want ErrTooLarge", err)
	}
	if endless.read > 1<<16+1 {
		t.Errorf("%d bytes were read, want at most one more than %d", endless.read, 1<<16)
	}
}

type endlessReader struct{ read int }

func (r *endlessReader) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = "a\n"[(r.read+i)%2]
	}
	r.read += len(p)
	return len(p), nil
}

func TestReaderPassesOnTheCauseOfAFailedRead(t *testing.T) {
	broken := errors.New("broken disk")
	r := io.MultiReader(strings.NewReader("a\nb\n"), iotest.ErrReader(broken))
	_, err := readTokens(r, "file", small, learn(emptyVocabulary(), small.Words))
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "file:3") {
		t.Errorf("error %v, want the broken disk in line 3", err)
	}
}

func TestNewWordsAreReadAsUnknownIfTrainHasIt(t *testing.T) {
	v, _, err := readNew("a <unk> b\n", small)
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := readTokens(strings.NewReader("b new\n"), "file", small, known(v))
	if want := []int{2, 1, 3}; err != nil || !slices.Equal(tokens, want) {
		t.Errorf("tokens %v (error %v), want %v", tokens, err, want)
	}
	if v.Size() != 4 {
		t.Errorf("the vocabulary grew to %q", v.Words())
	}
}

func TestNewWordsAreAnErrorIfTrainHasNoUnknown(t *testing.T) {
	v, _, err := readNew("a b\n", small)
	if err != nil {
		t.Fatal(err)
	}
	_, err = readTokens(strings.NewReader("b\na new\n"), "file", small, known(v))
	if !errors.Is(err, ErrUnknownWord) || !strings.Contains(err.Error(), `file:2: word "new"`) {
		t.Errorf("error %v, want ErrUnknownWord in line 2", err)
	}
}

func FuzzReader(f *testing.F) {
	for _, seed := range []string{
		"", "\n", " \n\n", "a", "a b\nc\n", "a\r\nb\r\n", "<eos> <unk>\n", "a\u00a0b\n", "\xff\xfe", "a \xc3",
		strings.Repeat("x", 300), strings.Repeat("x ", 300), strings.Repeat("\n", 300), "a\x00b \x01\n", "\ufeffa\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v := emptyVocabulary()
		tokens, err := readTokens(bytes.NewReader(data), "file", small, learn(v, small.Words))
		if v.Size() > small.Words || len(tokens) > small.Tokens {
			t.Fatalf("%d words and %d tokens, want at most %d and %d", v.Size(), len(tokens), small.Words, small.Tokens)
		}
		if err != nil {
			for _, cause := range []error{ErrEmpty, ErrEncoding, ErrTooLarge} {
				if errors.Is(err, cause) {
					return
				}
			}
			t.Fatalf("error %v without a known cause", err)
		}
		lines := bytes.Count(data, []byte("\n"))
		if data[len(data)-1] != '\n' {
			lines++
		}
		if want := len(bytes.Fields(data)) + lines; len(tokens) != want {
			t.Fatalf("%d tokens, want %d words and line ends", len(tokens), want)
		}
		again, err := readTokens(bytes.NewReader(data), "file", small, known(v))
		if err != nil || !slices.Equal(again, tokens) {
			t.Fatalf("second reading gives %v (error %v), want %v", again, err, tokens)
		}
	})
}
