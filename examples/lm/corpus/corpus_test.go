package corpus

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// directory writes files by name into a new directory.
func directory(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestLoadKnowsThreeNamings(t *testing.T) {
	for _, naming := range []string{"ptb.X.txt", "X.txt", "wiki.X.tokens"} {
		files := make(map[string]string)
		for part, text := range map[string]string{"train": "b a <unk>\n", "valid": "a\n", "test": "\nc\n"} {
			files[strings.Replace(naming, "X", part, 1)] = text
		}
		dir := directory(t, files)
		c, err := Load(dir)
		if err != nil {
			t.Errorf("%s: %v", naming, err)
			continue
		}
		if c.Name != filepath.Base(dir) {
			t.Errorf("%s: corpus is called %q, want %q", naming, c.Name, filepath.Base(dir))
		}
		if want := []string{"b", "a", Unknown, EndOfSentence}; !slices.Equal(c.Vocabulary.Words(), want) {
			t.Errorf("%s: vocabulary %q, want %q", naming, c.Vocabulary.Words(), want)
		}
		if !slices.Equal(c.Train, []int{0, 1, 2, 3}) || !slices.Equal(c.Valid, []int{1, 3}) || !slices.Equal(c.Test, []int{3, 2, 3}) {
			t.Errorf("%s: tokens %v %v %v, want [0 1 2 3] [1 3] [3 2 3]", naming, c.Train, c.Valid, c.Test)
		}
	}
}

func TestLoadTakesTheFirstNamingThatExists(t *testing.T) {
	dir := directory(t, map[string]string{
		"ptb.train.txt": "a\n", "ptb.valid.txt": "a\n", "ptb.test.txt": "a\n",
		"train.txt": "b\n", "valid.txt": "b\n", "test.txt": "b\n",
	})
	c, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := c.Vocabulary.ID("a"); !ok {
		t.Errorf("vocabulary %q, want that of ptb.train.txt", c.Vocabulary.Words())
	}
}

func TestLoadErrorsNameTheFile(t *testing.T) {
	good := map[string]string{"train.txt": "a b\n", "valid.txt": "a\n", "test.txt": "b\n"}
	with := func(name, text string) map[string]string {
		files := map[string]string{name: text}
		for other, text := range good {
			if other != name {
				files[other] = text
			}
		}
		return files
	}
	for _, test := range []struct {
		name  string
		files map[string]string
		cause error
		want  []string
	}{
		{"no file", nil, fs.ErrNotExist, []string{"ptb.train.txt, train.txt, wiki.train.tokens"}},
		{"no valid", map[string]string{"train.txt": "a\n", "test.txt": "a\n"}, fs.ErrNotExist, []string{"valid.txt"}},
		{"no test", map[string]string{"train.txt": "a\n", "valid.txt": "a\n"}, fs.ErrNotExist, []string{"test.txt"}},
		{"empty train", with("train.txt", ""), ErrEmpty, []string{"train.txt"}},
		{"empty valid", with("valid.txt", "\n"), ErrEmpty, []string{"valid.txt"}},
		{"empty test", with("test.txt", " "), ErrEmpty, []string{"test.txt"}},
		{"no UTF-8", with("test.txt", "a\n\xff\n"), ErrEncoding, []string{"test.txt:2"}},
		{"new word", with("valid.txt", "a\nb c\n"), ErrUnknownWord, []string{"valid.txt:2", `"c"`}},
	} {
		dir := directory(t, test.files)
		_, err := Load(dir)
		if !errors.Is(err, test.cause) {
			t.Errorf("%s: error %v, want cause %v", test.name, err, test.cause)
			continue
		}
		for _, want := range append(test.want, dir) {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %v, want one with %q", test.name, err, want)
			}
		}
	}
}

func TestLoadWantsADirectoryOfRegularFiles(t *testing.T) {
	dir := directory(t, map[string]string{"train.txt": "a\n"})
	if _, err := Load(filepath.Join(dir, "missing")); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "missing") {
		t.Errorf("missing directory: error %v, want one that names it", err)
	}
	if _, err := Load(filepath.Join(dir, "train.txt")); err == nil || !strings.Contains(err.Error(), "want a directory") {
		t.Errorf("file for a directory: error %v", err)
	}
	if err := os.Mkdir(filepath.Join(dir, "valid.txt"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), "is no regular file") {
		t.Errorf("directory for a file: error %v", err)
	}
}

func TestLoadLimitsKeepsToTheLimits(t *testing.T) {
	dir := directory(t, map[string]string{"train.txt": "a b c d\n", "valid.txt": "a\n", "test.txt": "a\n"})
	limits := DefaultLimits()
	limits.Tokens = 5
	if _, err := LoadLimits(dir, limits); err != nil {
		t.Errorf("at the limit: %v", err)
	}
	limits.Tokens = 4
	if _, err := LoadLimits(dir, limits); !errors.Is(err, ErrTooLarge) {
		t.Errorf("beyond the limit: error %v, want ErrTooLarge", err)
	}
}

func TestLimitsHaveToBePositive(t *testing.T) {
	for field, edit := range map[string]func(*Limits){
		"FileBytes": func(l *Limits) { l.FileBytes = 0 },
		"LineBytes": func(l *Limits) { l.LineBytes = -1 },
		"WordBytes": func(l *Limits) { l.WordBytes = 0 },
		"Tokens":    func(l *Limits) { l.Tokens = 0 },
		"Words":     func(l *Limits) { l.Words = 0 },
	} {
		limits := DefaultLimits()
		edit(&limits)
		if _, err := LoadLimits(t.TempDir(), limits); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("error %v, want one that names %s", err, field)
		}
	}
}

func TestNewChecksEveryText(t *testing.T) {
	v, err := NewVocabulary([]string{"a", "b"})
	if err != nil {
		t.Fatal(err)
	}
	good := []int{0, 1}
	for _, test := range []struct {
		name               string
		vocabulary         *Vocabulary
		train, valid, test []int
		want               string
		cause              error
	}{
		{"no vocabulary", nil, good, good, good, "vocabulary is nil", nil},
		{"short train", v, []int{0}, good, good, "train", ErrTooShort},
		{"short valid", v, good, nil, good, "valid", ErrTooShort},
		{"short test", v, good, good, []int{1}, "test", ErrTooShort},
		{"id too high", v, good, []int{0, 2}, good, "valid: token 1 is 2", nil},
		{"id negative", v, good, good, []int{-1, 0}, "test: token 0 is -1", nil},
	} {
		_, err := New("name", test.vocabulary, test.train, test.valid, test.test)
		if err == nil || !strings.Contains(err.Error(), test.want) || test.cause != nil && !errors.Is(err, test.cause) {
			t.Errorf("%s: error %v, want %q and cause %v", test.name, err, test.want, test.cause)
		}
	}
	if c, err := New("name", v, good, good, good); err != nil || c.Name != "name" || c.Vocabulary != v {
		t.Errorf("good texts: %+v, error %v", c, err)
	}
}
