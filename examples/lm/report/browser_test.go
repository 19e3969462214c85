//go:build unix

package report

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// The widths of a phone and of a desk's screen.
var widths = []int{400, 1200}

// harness shows a page at all widths and measures what came of it. The page
// itself runs no script; this document beside it does.
const harness = `<!DOCTYPE html>
<body><script>
let seen = [];
for (const width of %s) {
  const frame = document.createElement("iframe");
  frame.src = "page.html";
  frame.style = "border: 0; height: 800px; width: " + width + "px";
  frame.onload = () => {
    const d = frame.contentDocument, root = d.documentElement, style = (e) => d.defaultView.getComputedStyle(e);
    const box = (e) => e.getBoundingClientRect();
    const scrolls = (e) => e.closest(".scroll, pre") && !e.matches(".scroll, pre");
    seen.push({
      width: root.clientWidth,
      scrollWidth: root.scrollWidth,
      paper: style(d.body).backgroundColor,
      ink: style(d.body).color,
      text: d.body.innerText,
      title: d.title,
      pictures: [...d.images].map((e) => ({alt: e.alt, left: box(e).left, right: box(e).right, width: box(e).width, height: box(e).height, natural: e.naturalWidth})),
      outside: [...d.body.querySelectorAll("*")].filter((e) => !scrolls(e) && (box(e).right > root.clientWidth + 1 || box(e).left < 0)).map((e) => e.outerHTML.slice(0, 80)),
      numbers: [...d.querySelectorAll("td.right")].map((e) => style(e).textAlign),
    });
    if (seen.length == %d) {
      const out = document.createElement("pre");
      out.id = "seen";
      out.textContent = JSON.stringify(seen);
      document.body.append(out);
    }
  };
  document.body.append(frame);
}
</script>`

// seen is what the harness measured at one width.
type seen struct {
	Width, ScrollWidth      float64
	Paper, Ink, Text, Title string
	Pictures                []pictureSeen
	Outside, Numbers        []string
}

type pictureSeen struct {
	Alt                                 string
	Left, Right, Width, Height, Natural float64
}

// browser finds Chromium, or skips the test.
func browser(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("none of chromium, chromium-browser and google-chrome is installed")
	return ""
}

// look opens a document at all widths. It gives what was seen, and what the
// browser wrote to its console.
func look(t *testing.T, document []byte, flags ...string) (all []seen, console []string) {
	t.Helper()
	const limit = 4 * time.Minute
	path, dir := browser(t), t.TempDir()
	asked, err := json.Marshal(widths)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"page.html":    document,
		"harness.html": fmt.Appendf(nil, harness, asked, len(widths)),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-dev-shm-usage",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-crash-reporter",
		"--user-data-dir=" + filepath.Join(dir, "profile"),
		"--enable-logging=stderr",
		"--allow-file-access-from-files", // lets the harness measure the page
		"--dump-dom",
	}, append(flags, "file://"+filepath.Join(dir, "harness.html"))...)...)
	cmd.Env = append(os.Environ(), "HOME="+dir)
	// The browser is many processes. They form a group, to be ended as one.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	end := func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.Cancel, cmd.WaitDelay = end, 5*time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	if cmd.Process != nil {
		_ = end() // those that outlive the first; most often there are none
	}
	if err != nil {
		t.Fatalf("%s: %v\n%s", path, err, &stderr)
	}
	for line := range strings.Lines(stderr.String()) {
		if strings.Contains(line, ":CONSOLE") {
			console = append(console, strings.TrimSpace(line))
		}
	}
	return measured(t, stdout.Bytes()), console
}

// measured reads what the harness left in its document.
func measured(t *testing.T, dom []byte) (all []seen) {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(dom))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Data == "pre" && n.FirstChild != nil {
			if err := json.Unmarshal([]byte(n.FirstChild.Data), &all); err != nil {
				t.Fatal(err)
			}
		}
	}
	// Frames load in any order.
	slices.SortFunc(all, func(a, b seen) int { return cmp.Compare(a.Width, b.Width) })
	if len(all) != len(widths) {
		t.Fatalf("measured at %d widths, want %d:\n%s", len(all), len(widths), dom)
	}
	return all
}

// faults are what is wrong with how a page came out.
func faults(all []seen, console []string) (found []string) {
	fault := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	for _, line := range console {
		fault("console: %s", line)
	}
	for _, s := range all {
		if s.ScrollWidth > s.Width {
			fault("width %v: the page is %v wide", s.Width, s.ScrollWidth)
		}
		for _, e := range s.Outside {
			fault("width %v: %s reaches outside", s.Width, e)
		}
		for _, p := range s.Pictures {
			if p.Natural == 0 || p.Width < min(s.Width, 500)*0.9 || p.Height < 50 {
				fault("width %v: picture %q is %v x %v pixels, of %v", s.Width, p.Alt, p.Width, p.Height, p.Natural)
			}
			if p.Width != s.Pictures[0].Width {
				fault("width %v: picture %q is %v wide, the first is %v", s.Width, p.Alt, p.Width, s.Pictures[0].Width)
			}
		}
		for _, align := range s.Numbers {
			if align != "right" {
				fault("width %v: a number stands %s, want right", s.Width, align)
			}
		}
	}
	return found
}

func TestABrowserShowsThePage(t *testing.T) {
	t.Parallel()
	for _, scheme := range []struct {
		name       string
		flags      []string
		paper, ink string
	}{
		{"light", nil, "rgb(255, 255, 255)", "rgb(34, 34, 34)"},
		{"dark", []string{"--force-dark-mode"}, "rgb(28, 28, 28)", "rgb(217, 217, 217)"},
	} {
		t.Run(scheme.name, func(t *testing.T) {
			t.Parallel()
			all, console := look(t, document(t, exampleRun(t)), scheme.flags...)
			for _, f := range faults(all, console) {
				t.Error(f)
			}
			for i, s := range all {
				if s.Width != float64(widths[i]) {
					t.Errorf("the page was %v wide, want %v", s.Width, widths[i])
				}
				if s.Paper != scheme.paper || s.Ink != scheme.ink {
					t.Errorf("ink is %s on %s, want %s on %s", s.Ink, s.Paper, scheme.ink, scheme.paper)
				}
				if len(s.Pictures) != 10 || len(s.Numbers) < 100 {
					t.Errorf("there are %d pictures and %d numbers, want 10 and over 100", len(s.Pictures), len(s.Numbers))
				}
				for _, text := range []string{"144.07", "929,589 tokens", "3,611,922", "325 k", "57.20", "0.384", "14m21s", "\"learn_rate\": 0.002"} {
					if !strings.Contains(s.Text, text) {
						t.Errorf("width %v: no text %q", s.Width, text)
					}
				}
			}
		})
	}
}

// The checks above can fail.
func TestABrowserFindsFaults(t *testing.T) {
	t.Parallel()
	good := string(document(t, Run{Title: "run", Models: []Model{{Name: "egru", Curve: Curve{Epochs: []float64{1, 2}, Loss: []float64{5, 4}}, Parameters: 7}}}))
	bad := strings.NewReplacer(
		"<main>", `<main><script>document.title = "run by a script"</script><img src="https://example.org/x.png" alt="lost"><div style="width: 2000px">wide</div>`,
		`class="right"`, `class="right" style="text-align: left"`,
	).Replace(good)
	all, console := look(t, []byte(bad))
	found := strings.Join(faults(all, console), "\n")
	for _, want := range []string{
		"console: ", "script", "img-src", `picture "lost" is`, "width 400: the page is", "width 1200: the page is", "wide</div> reaches outside", "a number stands left",
	} {
		if !strings.Contains(found, want) {
			t.Errorf("no fault with %q in\n%s", want, found)
		}
	}
	for _, s := range all {
		if s.Title != "run" {
			t.Errorf("a script ran, and the title is %q", s.Title)
		}
	}
}
