package probe

import (
	"encoding/base64"
	"html/template"
	"strings"
	"unicode"

	"github.com/pkg/errors"
)

// Block is a piece of a page: Paragraph, Warning, Facts, Table, Preformatted or
// Picture.
type Block interface {
	// part is the block as the template takes it.
	part() (part, error)
}

// part is one block, with that field set which says what it is; or pictures
// that follow each other, which stand side by side where there is room.
type part struct {
	Paragraph, Warning string
	Facts              Facts
	Table              *tablePart
	Preformatted       *Preformatted
	Pictures           []picturePart
}

func parts(blocks []Block) ([]part, error) {
	var all []part
	for i, b := range blocks {
		if b == nil {
			return nil, errors.Wrapf(ErrPage, "block %d is nil", i)
		}
		p, err := b.part()
		if err != nil {
			return nil, errors.Wrapf(err, "block %d", i)
		}
		if last := len(all) - 1; last >= 0 && p.Pictures != nil && all[last].Pictures != nil {
			all[last].Pictures = append(all[last].Pictures, p.Pictures...)
			continue
		}
		all = append(all, p)
	}
	return all, nil
}

// Paragraph is text.
type Paragraph string

func (p Paragraph) part() (part, error) { return part{Paragraph: clean(string(p))}, nil }

// Warning is text in a box that cannot be overlooked.
type Warning string

func (w Warning) part() (part, error) { return part{Warning: clean(string(w))}, nil }

// Facts are names with values beside them.
type Facts []Fact

// Fact is a name and its value.
type Fact struct{ Name, Value string }

func (f Facts) part() (part, error) {
	cleaned := make(Facts, len(f))
	for i, fact := range f {
		cleaned[i] = Fact{clean(fact.Name), clean(fact.Value)}
	}
	return part{Facts: cleaned}, nil
}

// Table is rows of cells under a heading. The first column names the rows; the
// other columns are numbers and stand to the right, but for Texts. A table that
// is too wide or too long for its reader scrolls by itself.
type Table struct {
	Caption string
	Head    []string
	Rows    [][]string // as long as Head
	Texts   int        // how many columns from the first on are text; 0 for 1
}

// tablePart is a table with each cell knowing where it stands.
type tablePart struct {
	ID      string // unlike that of other tables of the page
	Caption string
	Head    []cell
	Rows    [][]cell
}

type cell struct {
	Text  string
	Name  bool // the row's, in the first column
	Right bool
}

// part gives ErrPage for a table without heading or rows, and for a row that is
// not as long as the heading.
func (t Table) part() (part, error) {
	switch {
	case len(t.Head) == 0:
		return part{}, errors.Wrapf(ErrPage, "table %q has no heading", t.Caption)
	case len(t.Rows) == 0:
		return part{}, errors.Wrapf(ErrPage, "table %q has no rows", t.Caption)
	case t.Texts < 0 || t.Texts > len(t.Head):
		return part{}, errors.Wrapf(ErrPage, "table %q has %d columns of text, want 0 to %d", t.Caption, t.Texts, len(t.Head))
	}
	row := func(texts []string) []cell {
		cells := make([]cell, len(texts))
		for i, text := range texts {
			cells[i] = cell{Text: clean(text), Name: i == 0, Right: i >= max(1, t.Texts)}
		}
		return cells
	}
	made := &tablePart{Caption: clean(t.Caption), Head: row(t.Head)}
	for i, r := range t.Rows {
		if len(r) != len(t.Head) {
			return part{}, errors.Wrapf(ErrPage, "table %q has %d cells in row %d, want %d", t.Caption, len(r), i, len(t.Head))
		}
		made.Rows = append(made.Rows, row(r))
	}
	return part{Table: made}, nil
}

// Preformatted is text whose line breaks and spaces stay, such as a setting.
type Preformatted struct{ Caption, Text string }

func (p Preformatted) part() (part, error) {
	text := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(strings.ReplaceAll(p.Text, "\r\n", "\n"), "\uFFFD"))
	return part{Preformatted: &Preformatted{clean(p.Caption), text}}, nil
}

// Picture is a figure with a caption below.
type Picture struct {
	Figure  *Figure
	Caption string // optional
	Alt     string // what there is to see, for who cannot; default the figure's title
}

// picturePart is a picture as an image. An SVG within an image runs no scripts,
// loads nothing and shares no names with others.
type picturePart struct {
	Source        template.URL
	Width, Height int
	Alt, Caption  string
}

// part gives ErrPage without a figure and without any text in its place.
func (p Picture) part() (part, error) {
	if p.Figure == nil {
		return part{}, errors.Wrapf(ErrPage, "picture %q has no figure", p.Caption)
	}
	made := picturePart{
		Source:  template.URL("data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString([]byte(p.Figure.svg))),
		Caption: clean(p.Caption),
		Alt:     clean(p.Alt),
	}
	made.Width, made.Height = p.Figure.Size()
	if made.Alt == "" {
		made.Alt = p.Figure.title
	}
	if made.Alt == "" {
		return part{}, errors.Wrapf(ErrPage, "picture %q has neither Alt nor a figure with a title", p.Caption)
	}
	return part{Pictures: []picturePart{made}}, nil
}
