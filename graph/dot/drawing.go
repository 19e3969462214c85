package dot

import (
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/graph"
	"gonum.org/v1/gonum/graph/encoding"
	gonum "gonum.org/v1/gonum/graph/encoding/dot"
	"gonum.org/v1/gonum/graph/simple"

	"github.com/egru/egru/internal/atomicfile"
)

// Drawing describes a drawing of boxes and arrows, from the top down.
type Drawing struct {
	Title  string
	Boxes  []Box
	Arrows []Arrow
}

// Box is a layer, or an input or output of the model. Texts are shown as they
// are.
type Box struct {
	Name  string
	Kind  string   // beside the name; none if empty
	Lines []string // below
	Plain bool     // without a frame: what goes into the model or comes out
}

// Arrow leads from one box to another, by their places in Boxes.
type Arrow struct {
	From, To int
	Label    string
	Shared   bool // what is shared, not what passes; dashed
}

// DOT is the drawing as a text in Graphviz's language. The same drawing gives the
// same text. ErrDrawing is returned without boxes and for an arrow that leads from
// a box to itself or to none, or where another does.
func (d Drawing) DOT() (string, error) {
	if err := d.check(); err != nil {
		return "", err
	}
	g := directed{simple.NewDirectedGraph(), d.Title}
	for i, b := range d.Boxes {
		g.AddNode(node{int64(i), b})
	}
	for _, a := range d.Arrows {
		g.SetEdge(edge{node{int64(a.From), d.Boxes[a.From]}, node{int64(a.To), d.Boxes[a.To]}, a})
	}
	text, err := gonum.Marshal(g, "", "", "  ")
	if err != nil {
		return "", errors.Wrapf(ErrDrawing, "%v", err)
	}
	return string(text) + "\n", nil
}

func (d Drawing) check() error {
	if len(d.Boxes) == 0 {
		return errors.Wrap(ErrDrawing, "there are no boxes, want at least 1")
	}
	seen := map[[2]int]bool{}
	for i, a := range d.Arrows {
		switch {
		case min(a.From, a.To) < 0 || max(a.From, a.To) >= len(d.Boxes):
			return errors.Wrapf(ErrDrawing, "arrow %d leads from box %d to %d, want two of the %d", i, a.From, a.To, len(d.Boxes))
		case a.From == a.To:
			return errors.Wrapf(ErrDrawing, "arrow %d leads from box %d to itself", i, a.From)
		case seen[[2]int{a.From, a.To}]:
			return errors.Wrapf(ErrDrawing, "arrow %d is the second from box %d to %d", i, a.From, a.To)
		}
		seen[[2]int{a.From, a.To}] = true
	}
	return nil
}

// String is the text of DOT, or its error.
func (d Drawing) String() string {
	text, err := d.DOT()
	if err != nil {
		return err.Error()
	}
	return text
}

// WriteFile saves the drawing: as a text under a path in .dot or .gv; as a picture
// under one in .svg, if Graphviz is installed, else with ErrGraphviz. Other paths
// give ErrExtension. A file of that name is replaced as a whole: after an error it
// is what it was.
func (d Drawing) WriteFile(path string) error {
	var data []byte
	var err error
	switch ext := filepath.Ext(path); strings.ToLower(ext) {
	case ".dot", ".gv":
		var text string
		text, err = d.DOT()
		data = []byte(text)
	case ".svg":
		data, err = d.picture()
	default:
		err = errors.Wrapf(ErrExtension, "path has %q, want .dot, .gv or .svg", ext)
	}
	if err == nil {
		err = atomicfile.WriteBytes(path, data)
	}
	return errors.Wrapf(err, "drawing %s", path)
}

// directed is a graph with the looks of a drawing.
type directed struct {
	*simple.DirectedGraph
	title string
}

func (g directed) DOTID() string { return "model" }

func (g directed) DOTAttributers() (of, nodes, edges encoding.Attributer) {
	of = &encoding.Attributes{{Key: "rankdir", Value: "TB"}}
	if g.title != "" {
		of = &encoding.Attributes{
			{Key: "rankdir", Value: "TB"}, {Key: "label", Value: quote(g.title)}, {Key: "labelloc", Value: "t"},
			{Key: "fontname", Value: font},
		}
	}
	nodes = &encoding.Attributes{
		{Key: "shape", Value: "box"}, {Key: "style", Value: `"rounded,filled"`}, {Key: "fillcolor", Value: `"#EAF2F8"`},
		{Key: "color", Value: `"#0072B2"`}, {Key: "fontname", Value: font}, {Key: "fontsize", Value: "11"}, {Key: "margin", Value: `"0.2,0.1"`},
	}
	edges = &encoding.Attributes{
		{Key: "color", Value: `"#595959"`}, {Key: "fontname", Value: font}, {Key: "fontsize", Value: "10"}, {Key: "arrowsize", Value: "0.7"},
	}
	return of, nodes, edges
}

const font = `"Liberation Sans,Arial,Helvetica,sans-serif"`

type node struct {
	id  int64
	box Box
}

func (n node) ID() int64 { return n.id }

func (n node) Attributes() []encoding.Attribute {
	head := n.box.Name
	if n.box.Kind != "" {
		head += ", " + n.box.Kind
	}
	lines := append([]string{head}, n.box.Lines...)
	all := []encoding.Attribute{{Key: "label", Value: quote(lines...)}}
	if n.box.Plain {
		all = append(all, encoding.Attribute{Key: "shape", Value: "plaintext"}, encoding.Attribute{Key: "style", Value: `""`})
	}
	return all
}

type edge struct {
	from, to node
	arrow    Arrow
}

func (e edge) From() graph.Node         { return e.from }
func (e edge) To() graph.Node           { return e.to }
func (e edge) ReversedEdge() graph.Edge { return edge{e.to, e.from, e.arrow} }

func (e edge) Attributes() []encoding.Attribute {
	var all []encoding.Attribute
	if e.arrow.Label != "" {
		all = append(all, encoding.Attribute{Key: "label", Value: quote(" " + e.arrow.Label)})
	}
	if e.arrow.Shared {
		all = append(all,
			encoding.Attribute{Key: "style", Value: "dashed"},
			encoding.Attribute{Key: "arrowhead", Value: "none"},
			encoding.Attribute{Key: "constraint", Value: "false"})
	}
	return all
}

// quote makes a string of DOT that shows lines as they are: no escape sequence of
// Graphviz's, no markup, no end of the string in them. Its own escapes are also
// Go's: gonum's encoder would quote a string with others, such as \l for a line to
// the left, a second time.
func quote(lines ...string) string {
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	for i, l := range lines {
		lines[i] = escape.Replace(clean(l))
	}
	return `"` + strings.Join(lines, `\n`) + `"`
}

// clean makes one line of what may come from anywhere, of characters that every
// reader of DOT and of XML knows.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r) || r == '\u2028' || r == '\u2029':
			return ' '
		case r == utf8.RuneError || r == '\uFFFE' || r == '\uFFFF':
			return '?'
		}
		return r
	}, s)
}
