package dot

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/pkg/errors"
)

// patience is how long Graphviz may take: a model's drawing takes a moment.
const patience = 30 * time.Second

// picture runs Graphviz.
func (d Drawing) picture() ([]byte, error) {
	text, err := d.DOT()
	if err != nil {
		return nil, err
	}
	program, err := exec.LookPath("dot")
	if err != nil {
		return nil, errors.Wrap(ErrGraphviz, "its program dot is not on PATH; install Graphviz, or save the drawing as .dot")
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "-Tsvg")
	cmd.Stdin = strings.NewReader(text)
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		return nil, errors.Wrapf(ErrGraphviz, "%s -Tsvg: %v: %s", program, err, strings.TrimSpace(complaint.String()))
	}
	if !bytes.Contains(out.Bytes(), []byte("</svg>")) {
		return nil, errors.Wrapf(ErrGraphviz, "%s -Tsvg gave %d bytes that are no picture", program, out.Len())
	}
	return out.Bytes(), nil
}

// SVG is the picture for a notebook. Without Graphviz, or where it fails, it is a
// picture of the reason and of the text in DOT, which can be copied into a
// program that draws it. WriteFile saves no such stand-in.
func (d Drawing) SVG() string {
	data, err := d.picture()
	if err != nil {
		return standIn(err, d.String())
	}
	// Graphviz begins with a document type, which has no place within a page.
	if at := bytes.Index(data, []byte("<svg")); at >= 0 {
		data = data[at:]
	}
	return string(data)
}

// standIn writes lines of text into a picture.
func standIn(err error, text string) string {
	const (
		size, line, border = 12, 16, 10 // pixels
		letter             = 7.3        // about the width of one
	)
	lines := append([]string{err.Error(), ""}, strings.Split(strings.TrimSpace(text), "\n")...)
	width := 0
	var s strings.Builder
	for i, l := range lines {
		width = max(width, len([]rune(l)))
		var escaped strings.Builder
		if err := xml.EscapeText(&escaped, []byte(clean(l))); err != nil {
			return "" // not reached: a strings.Builder takes everything
		}
		fmt.Fprintf(&s, `<text x="%d" y="%d" xml:space="preserve">%s</text>`+"\n", border, border+(i+1)*line-4, escaped.String())
	}
	w, h := 2*border+int(letter*float64(width)), 2*border+line*len(lines)
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="monospace" font-size="%d">`+"\n", w, h, size) +
		`<rect width="100%" height="100%" fill="white"/>` + "\n" + s.String() + "</svg>\n"
}
