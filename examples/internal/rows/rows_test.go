package rows

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRowsOfAnEarlierRunStayUntilCleared(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rows.json")
	for run, row := range []map[string]int{{"a": 1}, {"b": 2}} {
		f, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if before, _ := os.ReadFile(path); run > 0 && string(before) != "{\"a\":1}\n" {
			t.Errorf("opening left %q", before)
		}
		for _, err := range []error{f.Clear(), f.Write(row), f.Close()} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if got, _ := os.ReadFile(path); string(got) != "{\"b\":2}\n" {
		t.Errorf("the file holds %q", got)
	}
}

func TestWhatIsNotOfRowsIsRefusedAndStays(t *testing.T) {
	for name, holds := range map[string]string{"weights": "\x10\x00\x00\x00{\"", "settings": "{\n  \"data\"", "a byte": "{"} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(holds), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "something else than rows") {
			t.Errorf("%s: error %v", name, err)
		}
		if got, _ := os.ReadFile(path); string(got) != holds {
			t.Errorf("%s: now holds %q", name, got)
		}
	}
	if _, err := Open(t.TempDir()); err == nil {
		t.Error("a folder was opened")
	}
}

func TestADeviceTakesRows(t *testing.T) {
	f, err := Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{f.Clear(), f.Write(1), f.Close()} {
		if err != nil {
			t.Error(err)
		}
	}
}

func TestNoPathIsNoFile(t *testing.T) {
	f, err := Open("")
	if f != nil || err != nil {
		t.Fatal(f, err)
	}
	for _, err := range []error{f.Clear(), f.Write(1), f.Close()} {
		if err != nil {
			t.Error(err)
		}
	}
}
