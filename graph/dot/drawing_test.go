package dot

import (
	"encoding/xml"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/graph"
	"gonum.org/v1/gonum/graph/encoding"
	gonum "gonum.org/v1/gonum/graph/encoding/dot"
	"gonum.org/v1/gonum/graph/simple"
	"pgregory.net/rapid"
)

// parsed is a text in DOT, read back.
type parsed struct {
	*simple.DirectedGraph
	title attributes
}

func (p *parsed) NewNode() graph.Node { return &parsedNode{Node: p.DirectedGraph.NewNode()} }
func (p *parsed) NewEdge(from, to graph.Node) graph.Edge {
	return &parsedEdge{Edge: p.DirectedGraph.NewEdge(from, to)}
}

func (p *parsed) DOTAttributeSetters() (of, nodes, edges encoding.AttributeSetter) {
	return &p.title, &attributes{}, &attributes{}
}

type attributes map[string]string

func (a *attributes) SetAttribute(at encoding.Attribute) error {
	if *a == nil {
		*a = attributes{}
	}
	(*a)[at.Key] = at.Value
	return nil
}

type parsedNode struct {
	graph.Node
	attributes
}

type parsedEdge struct {
	graph.Edge
	attributes
}

// labels are the labels of the boxes, and of the arrows, unquoted and in order.
func (p *parsed) labels() (boxes, arrows []string) {
	nodes := graph.NodesOf(p.Nodes())
	slices.SortFunc(nodes, func(a, b graph.Node) int { return int(a.ID() - b.ID()) })
	for _, n := range nodes {
		boxes = append(boxes, n.(*parsedNode).attributes["label"])
		for _, to := range nodes {
			if e := p.Edge(n.ID(), to.ID()); e != nil {
				arrows = append(arrows, e.(*parsedEdge).attributes["label"])
			}
		}
	}
	return boxes, arrows
}

func parse(t interface {
	Helper()
	Fatalf(string, ...any)
}, text string) *parsed {
	t.Helper()
	p := &parsed{DirectedGraph: simple.NewDirectedGraph()}
	if err := gonum.Unmarshal([]byte(text), p); err != nil {
		t.Fatalf("not DOT: %v\n%s", err, text)
	}
	return p
}

func ok() Drawing {
	return Drawing{
		Title:  `a "model" of <b>\N`,
		Boxes:  []Box{{Name: "x", Plain: true}, {Name: `rnn\l.0 "&"`, Kind: "<GRU>", Lines: []string{"kernel (1, 3)", "ends in \\"}}, {Name: "<i>y</i>"}},
		Arrows: []Arrow{{From: 0, To: 1, Label: `(T, B, 1) \E "`}, {From: 1, To: 2}, {From: 0, To: 2, Label: "shared", Shared: true}},
	}
}

func TestAnyTextGivesDOTThatIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.SampledFrom([]rune("\"\\<>lnN;]-{}\n\x00é"))))
		d := Drawing{Title: text.Draw(t, "title")}
		n := rapid.IntRange(1, 4).Draw(t, "boxes")
		for i := range n {
			d.Boxes = append(d.Boxes, Box{text.Draw(t, "name"), text.Draw(t, "kind"), rapid.SliceOfN(text, 0, 2).Draw(t, "lines"), rapid.Bool().Draw(t, "plain")})
			if i > 0 {
				d.Arrows = append(d.Arrows, Arrow{i - 1, i, text.Draw(t, "label"), rapid.Bool().Draw(t, "shared")})
			}
		}
		got, err := d.DOT()
		if err != nil {
			t.Fatal(err)
		}
		p := parse(t, got)
		if p.Nodes().Len() != n || p.Edges().Len() != n-1 && n > 1 {
			t.Fatalf("%d boxes and %d arrows were read back, want %d and %d:\n%s", p.Nodes().Len(), p.Edges().Len(), n, n-1, got)
		}
		labels, _ := p.labels()
		for i, b := range d.Boxes {
			want := clean(b.Name)
			if b.Kind != "" {
				want += ", " + clean(b.Kind)
			}
			for _, l := range b.Lines {
				want += "\n" + clean(l)
			}
			got := labels[i]
			if strings.HasPrefix(want, "<") && strings.HasSuffix(want, ">") { // the quotes stay: it is no markup
				got, err = strconv.Unquote(got)
			}
			if got != want || err != nil {
				t.Fatalf("label %d is %q, want %q", i, labels[i], want)
			}
		}
		if again := d.String(); again != got {
			t.Fatalf("the same drawing gives another text:\n%s\n%s", got, again)
		}
	})
}

func TestLabelsAreEscaped(t *testing.T) {
	boxes, arrows := parse(t, ok().String()).labels()
	wantBoxes := []string{"x", `rnn\l.0 "&", <GRU>` + "\nkernel (1, 3)\nends in \\", `"<i>y</i>"`} // quoted: no markup
	wantArrows := []string{` (T, B, 1) \E "`, " shared", ""}
	if !slices.Equal(boxes, wantBoxes) {
		t.Errorf("boxes are %q, want %q", boxes, wantBoxes)
	}
	if !slices.Equal(arrows, wantArrows) {
		t.Errorf("arrows are %q, want %q", arrows, wantArrows)
	}
}

func TestDrawingErrors(t *testing.T) {
	arrows := func(as ...Arrow) Drawing { return Drawing{Boxes: []Box{{Name: "a"}, {Name: "b"}}, Arrows: as} }
	for _, c := range []struct {
		name    string
		drawing Drawing
		want    string
	}{
		{"no boxes", Drawing{}, "there are no boxes"},
		{"no model", LanguageModel(nil), "there are no boxes"},
		{"no layers", Layers(nil), "there are no boxes"},
		{"to nowhere", arrows(Arrow{From: 0, To: 2}), "arrow 0 leads from box 0 to 2, want two of the 2"},
		{"from nowhere", arrows(Arrow{From: -1, To: 1}), "arrow 0 leads from box -1 to 1"},
		{"to itself", arrows(Arrow{From: 1, To: 1}), "arrow 0 leads from box 1 to itself"},
		{"twice", arrows(Arrow{From: 0, To: 1}, Arrow{From: 0, To: 1, Shared: true}), "arrow 1 is the second from box 0 to 1"},
	} {
		path := filepath.Join(t.TempDir(), "model.dot")
		err := c.drawing.WriteFile(path)
		if !errors.Is(err, ErrDrawing) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %v saying %s", c.name, err, ErrDrawing, c.want)
		}
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: a file was written", c.name)
		}
		if svg := c.drawing.SVG(); !strings.Contains(svg, "cannot draw the model") {
			t.Errorf("%s: the notebook is shown %s", c.name, svg)
		}
	}
}

func TestWriteFileChoosesByExtension(t *testing.T) {
	dir := t.TempDir()
	d := ok()
	for _, name := range []string{"a.dot", "b.gv", "C.DOT"} {
		path := filepath.Join(dir, name)
		if err := d.WriteFile(path); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != d.String() {
			t.Errorf("%s holds %q (%v), want the text", name, got, err)
		}
	}
	if err := d.WriteFile(filepath.Join(dir, "a.png")); !errors.Is(err, ErrExtension) || !strings.Contains(err.Error(), `path has ".png", want .dot, .gv or .svg`) {
		t.Errorf("error is %v", err)
	}
}

// textsOf reads a whole SVG, strictly, and gives its texts.
func textsOf(t *testing.T, svg string) []string {
	t.Helper()
	var texts []string
	d := xml.NewDecoder(strings.NewReader(svg))
	within := 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return texts
		}
		if err != nil {
			t.Fatalf("not well formed: %v\n%s", err, svg)
		}
		switch e := token.(type) {
		case xml.StartElement:
			if e.Name.Local == "text" {
				within++
				texts = append(texts, "")
			}
		case xml.EndElement:
			if e.Name.Local == "text" {
				within--
			}
		case xml.CharData:
			if within > 0 {
				texts[len(texts)-1] += string(e)
			}
		}
	}
}

func TestWithoutGraphvizANotebookShowsTheText(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	d := ok()
	path := filepath.Join(t.TempDir(), "model.svg")
	err := d.WriteFile(path)
	if !errors.Is(err, ErrGraphviz) || !strings.Contains(err.Error(), "its program dot is not on PATH") {
		t.Errorf("error is %v, want %v saying that dot is not on PATH", err, ErrGraphviz)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a file was written")
	}
	texts := textsOf(t, d.SVG())
	if !strings.Contains(texts[0], "not on PATH") {
		t.Errorf("the first line is %q, want the reason", texts[0])
	}
	if got := strings.Join(texts[2:], "\n") + "\n"; got != d.String() {
		t.Errorf("the text is %s, want %s", got, d)
	}
}

func TestAGraphvizThatFailsIsQuoted(t *testing.T) {
	if _, err := os.Stat("/bin/sh"); err != nil {
		t.Skip("there is no /bin/sh to stand in for Graphviz")
	}
	for script, want := range map[string]string{
		"echo out of ink >&2; exit 3": "exit status 3: out of ink",
		"cat > /dev/null; echo hello": "gave 6 bytes that are no picture",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "dot"), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		t.Setenv("PATH", dir+string(filepath.ListSeparator)+"/bin")
		err := ok().WriteFile(filepath.Join(dir, "model.svg"))
		if !errors.Is(err, ErrGraphviz) || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %v saying %s", err, ErrGraphviz, want)
		}
	}
}

func needsGraphviz(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("dot"); err != nil {
		t.Skip("Graphviz's dot is not on PATH: its pictures are not tested")
	}
}

func TestGraphvizDrawsEveryTextAsItIs(t *testing.T) {
	needsGraphviz(t)
	path := filepath.Join(t.TempDir(), "model.svg")
	if err := ok().WriteFile(path); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	svg := ok().SVG()
	if !strings.HasPrefix(svg, "<svg") || !strings.Contains(string(file), svg) {
		t.Errorf("the notebook is shown %.80q, want the picture of the file", svg)
	}
	texts := textsOf(t, svg)
	for i := range texts {
		texts[i] = strings.TrimSpace(strings.ReplaceAll(texts[i], "\u00a0", " "))
	}
	for _, want := range []string{`a "model" of <b>\N`, "x", `rnn\l.0 "&", <GRU>`, "kernel (1, 3)", `ends in \`, "<i>y</i>", `(T, B, 1) \E "`, "shared"} {
		if !slices.Contains(texts, want) {
			t.Errorf("no text %q in %q", want, texts)
		}
	}
}
