package probe

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"path/filepath"
	"strings"

	"github.com/pkg/errors"

	"github.com/egru/egru/internal/atomicfile"
)

var _ io.WriterTo = Page{}

// Page describes an HTML document that stands by itself: pictures are part of
// the file, nothing is loaded and no script runs, which its Content-Security-
// Policy holds browsers to. All text is shown as it is, markup in it too. It
// takes the light or dark scheme and the width of its reader. The same
// description gives the same bytes.
type Page struct {
	Title    string
	Lead     []Block // above the sections
	Sections []Section
}

// Section is a part of a page under a heading. Pages of several sections begin
// with links to them.
type Section struct {
	Heading string
	Blocks  []Block
}

// WriteTo writes the document, in UTF-8. ErrPage is returned for a page without
// a title, a section without a heading, and what a block says of itself; then
// nothing is written.
func (p Page) WriteTo(w io.Writer) (int64, error) {
	html, err := p.html()
	if err != nil {
		return 0, err
	}
	n, err := w.Write(html)
	return int64(n), errors.Wrap(err, "page")
}

// WriteFile saves the document under a path that ends in .html or .htm; others
// give ErrExtension. A file of that name is replaced as a whole: after an error
// it is what it was.
func (p Page) WriteFile(path string) error {
	if ext := strings.ToLower(filepath.Ext(path)); ext != ".html" && ext != ".htm" {
		return errors.Wrapf(ErrExtension, "page %s: path has %q, want .html or .htm", path, filepath.Ext(path))
	}
	html, err := p.html()
	if err != nil {
		return err
	}
	return errors.Wrapf(atomicfile.WriteBytes(path, html), "page %s", path)
}

//go:embed page.tmpl
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// document is a page as the template takes it.
type document struct {
	Title    string
	Lead     []part
	Sections []chapter
	Contents bool // links to the sections
}

type chapter struct {
	ID, Heading string
	Parts       []part
}

func (p Page) html() ([]byte, error) {
	const several = 3
	d := document{Title: clean(p.Title), Contents: len(p.Sections) >= several}
	if d.Title == "" {
		return nil, errors.Wrap(ErrPage, "the page has no title, want one")
	}
	var err error
	if d.Lead, err = parts(p.Lead); err != nil {
		return nil, err
	}
	for i, s := range p.Sections {
		c := chapter{ID: fmt.Sprintf("section-%d", i+1), Heading: clean(s.Heading)}
		if c.Heading == "" {
			return nil, errors.Wrapf(ErrPage, "section %d has no heading, want one", i)
		}
		if c.Parts, err = parts(s.Blocks); err != nil {
			return nil, errors.Wrapf(err, "section %d, %q", i, c.Heading)
		}
		d.Sections = append(d.Sections, c)
	}
	tables := 0
	for _, c := range append([]chapter{{Parts: d.Lead}}, d.Sections...) {
		for _, p := range c.Parts {
			if p.Table != nil {
				tables++
				p.Table.ID = fmt.Sprintf("table-%d", tables)
			}
		}
	}
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, d); err != nil {
		return nil, errors.Wrap(err, "page")
	}
	return b.Bytes(), nil
}
