package probe

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/html"
)

// pictured are two figures, drawn once.
var pictured = sync.OnceValues(func() ([2]*Figure, error) {
	first, err := Lines{Title: "Perplexity", Series: []Series{{Y: []float64{3, 2}}}}.Figure()
	if err != nil {
		return [2]*Figure{}, err
	}
	second, err := Histogram{Title: "Thresholds", Samples: []Sample{{"", []float64{0.1, 0.2}}}}.Figure()
	return [2]*Figure{first, second}, err
})

// examplePage has a block of each kind, with a text in all places for text.
func examplePage(t interface{ Fatal(...any) }, text string) Page {
	figures, err := pictured()
	if err != nil {
		t.Fatal(err)
	}
	first, second := figures[0], figures[1]
	return Page{
		Title: "title " + text,
		Lead:  []Block{Paragraph("lead " + text), Warning("warning " + text)},
		Sections: []Section{
			{"first " + text, []Block{
				Facts{{"name " + text, "value " + text}},
				Table{
					Caption: "caption " + text,
					Head:    []string{"model " + text, "source " + text, "ppl " + text},
					Rows:    [][]string{{"egru " + text, "here " + text, "6.69 " + text}, {"gru", "here", "6.71"}},
					Texts:   2,
				},
			}},
			{"second " + text, []Block{
				Picture{first, "below " + text, "curves " + text},
				Picture{Figure: second},
				Paragraph("between"),
				Picture{Figure: second},
			}},
			{"third " + text, []Block{
				Preformatted{"setting " + text, "{\n  \"word\": \"" + text + "\"\n}"},
				Table{Caption: "other", Head: []string{""}, Rows: [][]string{{"last"}}},
				Table{Head: []string{""}, Rows: [][]string{{"nameless"}}},
			}},
		},
	}
}

func write(t interface{ Fatal(...any) }, p Page) string {
	var b bytes.Buffer
	n, err := p.WriteTo(&b)
	if err != nil || n != int64(b.Len()) {
		t.Fatal(n, b.Len(), err)
	}
	return b.String()
}

// elements are those of a document as a browser reads it, in order.
func elements(t interface{ Fatal(...any) }, document string) []*html.Node {
	root, err := html.Parse(strings.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	var all []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			all = append(all, n)
		}
	}
	return all
}

func textOf(n *html.Node) string {
	var s strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			s.WriteString(d.Data)
		}
	}
	return s.String()
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// texts are the texts of all elements of a name.
func texts(all []*html.Node, name string) []string {
	var found []string
	for _, n := range all {
		if n.Data == name {
			found = append(found, textOf(n))
		}
	}
	return found
}

func TestAPageSaysEverythingInItsPlace(t *testing.T) {
	all := elements(t, write(t, examplePage(t, "x")))
	for name, want := range map[string][]string{
		"title":      {"title x"},
		"h1":         {"title x"},
		"h2":         {"first x", "second x", "third x"},
		"p":          {"lead x", "Warning: warning x", "between"},
		"a":          {"first x", "second x", "third x"},
		"dt":         {"name x"},
		"dd":         {"value x"},
		"th":         {"model x", "source x", "ppl x", "egru x", "gru", "", "last", "", "nameless"},
		"td":         {"here x", "6.69 x", "here", "6.71"},
		"pre":        {"{\n  \"word\": \"x\"\n}"},
		"figcaption": {"below x"},
	} {
		if got := texts(all, name); fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	ids := map[string]string{}
	var alts, groups, rights, linked, labels []string
	for _, n := range all {
		if id := attr(n, "id"); id != "" {
			if _, twice := ids[id]; twice {
				t.Errorf("id %q stands twice", id)
			}
			ids[id] = textOf(n)
		}
		switch {
		case n.Data == "img":
			alts = append(alts, attr(n, "alt"))
		case attr(n, "class") == "pictures":
			groups = append(groups, fmt.Sprint(len(texts(elementsIn(n), "figure"))))
		case attr(n, "class") == "right":
			rights = append(rights, textOf(n))
		}
	}
	for _, n := range all {
		if target, ok := strings.CutPrefix(attr(n, "href"), "#"); ok {
			linked = append(linked, ids[target])
		}
		if label := attr(n, "aria-labelledby"); label != "" {
			labels = append(labels, ids[label])
		}
	}
	for _, c := range []struct{ what, got, want string }{
		{"texts in place of figures", fmt.Sprint(alts), "[curves x Thresholds Thresholds]"},
		{"pictures side by side", fmt.Sprint(groups), "[2 1]"},
		{"cells to the right", fmt.Sprint(rights), "[ppl x 6.69 x 6.71]"},
		{"links", fmt.Sprint(linked), "[first x second x third x]"},
		{"labels", fmt.Sprint(labels), "[first x caption x second x third x other]"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %s, want %s", c.what, c.got, c.want)
		}
	}
}

func elementsIn(n *html.Node) []*html.Node {
	var all []*html.Node
	for d := range n.Descendants() {
		if d.Type == html.ElementNode {
			all = append(all, d)
		}
	}
	return all
}

func TestPicturesAreTheFigures(t *testing.T) {
	p := examplePage(t, "x")
	figure := p.Sections[1].Blocks[0].(Picture).Figure
	for _, n := range elements(t, write(t, p)) {
		if n.Data != "img" {
			continue
		}
		data, ok := strings.CutPrefix(attr(n, "src"), "data:image/svg+xml;base64,")
		svg, err := base64.StdEncoding.DecodeString(data)
		if !ok || err != nil || string(svg) != figure.SVG() {
			t.Errorf("the first picture is %.80q (%v), want the SVG of its figure", attr(n, "src"), err)
		}
		w, h := figure.Size()
		if attr(n, "width") != fmt.Sprint(w) || attr(n, "height") != fmt.Sprint(h) {
			t.Errorf("the first picture is %s x %s, want %d x %d", attr(n, "width"), attr(n, "height"), w, h)
		}
		return
	}
	t.Error("there is no picture")
}

// hostile texts try to end the place they stand in.
var hostile = []string{
	`<script>alert(1)</script>`,
	`"><img src=x onerror=alert(1)>`,
	`' onload='alert(1)`,
	`</title></style></pre><script>alert(1)</script>`,
	`<!-- --> <![CDATA[ ]]> &lt;b&gt; &#60;`,
	`javascript:alert(1) {{.Title}} ${x} \u003cscript\u003e`,
	"\x00\x1b[31m\xff\uFFFE \u202Egnp.exe",
	"</svg><svg onload=alert(1)>",
	`"/></td></tr></table><base href=//evil.example>`,
}

// shapeOf is the elements with the names of their attributes.
func shapeOf(all []*html.Node) string {
	var s strings.Builder
	for _, n := range all {
		fmt.Fprintf(&s, "%s.%s", n.Namespace, n.Data)
		for _, a := range n.Attr {
			s.WriteString(" " + a.Key)
		}
		s.WriteString("\n")
	}
	return s.String()
}

// wantShown fails if a text changes what a page is made of, or is not shown
// everywhere as it is.
func wantShown(t interface {
	Fatal(...any)
	Errorf(string, ...any)
}, text string) {
	plain := elements(t, write(t, examplePage(t, "x")))
	all := elements(t, write(t, examplePage(t, text)))
	if got, want := shapeOf(all), shapeOf(plain); got != want {
		t.Errorf("with %q the page is made of\n%s\nwant\n%s", text, got, want)
		return
	}
	for i, n := range all {
		was := textOf(plain[i])
		switch n.Data {
		case "title", "h1", "h2", "p", "dt", "dd", "th", "td", "figcaption", "a":
			if strings.HasSuffix(was, " x") {
				want := clean(strings.TrimSuffix(was, "x") + text)
				if got := textOf(n); got != want {
					t.Errorf("%s is %q, want %q", n.Data, got, want)
				}
			}
		case "img":
			if was := attr(plain[i], "alt"); strings.HasSuffix(was, " x") {
				if got, want := attr(n, "alt"), clean(strings.TrimSuffix(was, "x")+text); got != want {
					t.Errorf("alt is %q, want %q", got, want)
				}
			}
		}
	}
}

func TestHostileTextIsShownNotRun(t *testing.T) {
	for _, text := range hostile {
		wantShown(t, text)
	}
	for _, n := range elements(t, write(t, examplePage(t, hostile[0]))) {
		if n.Data == "pre" && !strings.Contains(textOf(n), hostile[0]) {
			t.Errorf("preformatted text is %q, want %q in it", textOf(n), hostile[0])
		}
	}
}

func FuzzAnyTextIsShownNotRun(f *testing.F) {
	for _, text := range hostile {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { wantShown(t, text) })
}

func TestAPageLoadsNothing(t *testing.T) {
	const text = `"><image href="http://x.example"/> url(http://x.example) @import "http://x.example"`
	p := examplePage(t, text)
	figure, err := Lines{Title: text, Series: []Series{{Name: text, Y: []float64{1}}}}.Figure()
	if err != nil {
		t.Fatal(err)
	}
	p.Lead = append(p.Lead, Picture{Figure: figure})
	all := elements(t, write(t, p))
	policy := ""
	for i, n := range all {
		for _, a := range n.Attr {
			switch a.Key {
			case "src":
				if !strings.HasPrefix(a.Val, "data:image/svg+xml;base64,") {
					t.Errorf("%s loads %.80q", n.Data, a.Val)
				}
				svg, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(a.Val, "data:image/svg+xml;base64,"))
				if err != nil {
					t.Fatal(err)
				}
				for _, loads := range []string{"<image", "<use", "<script", "<style", "<foreignObject"} {
					if strings.Contains(string(svg), loads) {
						t.Errorf("a figure has %q", loads)
					}
				}
			case "href":
				if !strings.HasPrefix(a.Val, "#") {
					t.Errorf("%s refers to %q", n.Data, a.Val)
				}
			case "style", "srcset", "background", "action", "poster", "data":
				t.Errorf("%s has %s=%q", n.Data, a.Key, a.Val)
			}
			if strings.HasPrefix(a.Key, "on") {
				t.Errorf("%s has %s=%q", n.Data, a.Key, a.Val)
			}
		}
		switch n.Data {
		case "script", "link", "base", "iframe", "object", "embed", "form":
			t.Errorf("there is a %s", n.Data)
		case "style":
			if s := textOf(n); strings.Contains(s, "url(") || strings.Contains(s, "@import") || strings.Contains(s, "ZgotmplZ") {
				t.Errorf("the style loads something: %s", s)
			}
		case "meta":
			if attr(n, "http-equiv") == "Content-Security-Policy" {
				policy = attr(n, "content")
				if all[i-1].Data != "meta" || attr(all[i-1], "charset") != "utf-8" {
					t.Errorf("the policy follows %s, want it to stand before all that it is to hold", all[i-1].Data)
				}
			}
		}
	}
	if want := "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"; policy != want {
		t.Errorf("the policy is %q, want %q", policy, want)
	}
}

func TestPageErrors(t *testing.T) {
	one := func(b Block) Page { return Page{Title: "t", Sections: []Section{{"s", []Block{b}}}} }
	untitled, err := Lines{Series: []Series{{Y: []float64{1}}}}.Figure()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		page Page
		want string
	}{
		{"no title", Page{}, "the page has no title"},
		{"blank title", Page{Title: " \n"}, "the page has no title"},
		{"no heading", Page{Title: "t", Sections: []Section{{}}}, "section 0 has no heading"},
		{"nil block", one(nil), `section 0, "s": block 0 is nil`},
		{"nil block above", Page{Title: "t", Lead: []Block{nil}}, "block 0 is nil"},
		{"no head", one(Table{Caption: "c"}), `table "c" has no heading`},
		{"no rows", one(Table{Caption: "c", Head: []string{"a"}}), `table "c" has no rows`},
		{"ragged rows", one(Table{Caption: "c", Head: []string{"a", "b"}, Rows: [][]string{{"1", "2"}, {"1"}}}), `table "c" has 1 cells in row 1, want 2`},
		{"too many texts", one(Table{Caption: "c", Head: []string{"a"}, Rows: [][]string{{"1"}}, Texts: 2}), "has 2 columns of text, want 0 to 1"},
		{"no figure", one(Picture{Caption: "c"}), `picture "c" has no figure`},
		{"no text for a figure", one(Picture{Figure: untitled}), "has neither Alt nor a figure with a title"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			n, err := c.page.WriteTo(&b)
			if !errors.Is(err, ErrPage) || !strings.Contains(err.Error(), c.want) || n != 0 || b.Len() != 0 {
				t.Errorf("wrote %d bytes, error %v; want none and %s", n, err, c.want)
			}
		})
	}
}

func TestTheSamePageGivesTheSameBytes(t *testing.T) {
	once, again := write(t, examplePage(t, "x")), write(t, examplePage(t, "x"))
	if once != again {
		t.Error("bytes differ")
	}
}

func TestFewSectionsNeedNoLinks(t *testing.T) {
	p := examplePage(t, "x")
	p.Sections = p.Sections[:2]
	if links := texts(elements(t, write(t, p)), "a"); len(links) != 0 {
		t.Errorf("links are %q, want none", links)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, fs.ErrClosed }

func TestWriteToReportsWhatTheWriterSays(t *testing.T) {
	if _, err := examplePage(t, "x").WriteTo(broken{}); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("error %v, want that of the writer", err)
	}
}

func TestAPageIsWrittenAsAWhole(t *testing.T) {
	dir := t.TempDir()
	p := examplePage(t, "x")
	want := write(t, p)
	for _, name := range []string{"a.html", "B.HTM"} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("before"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := (Page{}).WriteFile(path); !errors.Is(err, ErrPage) {
			t.Errorf("error %v, want %v", err, ErrPage)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != "before" {
			t.Errorf("after an error the file holds %q (%v)", got, err)
		}
		if err := p.WriteFile(path); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("the file holds %d bytes (%v), want %d", len(got), err, len(want))
		}
	}
	for path, sentinel := range map[string]error{
		filepath.Join(dir, "a.pdf"):          ErrExtension,
		filepath.Join(dir, "html"):           ErrExtension,
		filepath.Join(dir, "none", "a.html"): fs.ErrNotExist,
	} {
		if err := p.WriteFile(path); !errors.Is(err, sentinel) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v, want %v", path, err, sentinel)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
		t.Errorf("folder holds %v, want the 2 files alone", entries)
	}
}
