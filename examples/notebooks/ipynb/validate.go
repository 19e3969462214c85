package ipynb

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"image/png"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/pkg/errors"
)

// The limits of a notebook.
const (
	maxCells  = 500
	maxSource = 64 << 10
	maxPixels = 1 << 24
)

var (
	cellID = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`)
	mimes  = map[string]func(string) error{
		"text/plain":    nil,
		"text/markdown": nil,
		"text/html":     nil,
		"text/latex":    nil,
		"image/png":     isPNG,
		"image/svg+xml": isSVG,
	}
)

// Validate reports a notebook that is not of nbformat 4.5, is not for
// gophernotes, or is too large.
func (n *Notebook) Validate() error {
	if err := n.kernel(); err != nil {
		return err
	}
	if len(n.Cells) > maxCells {
		return errors.Wrapf(ErrTooLarge, "%d cells, want at most %d", len(n.Cells), maxCells)
	}
	ids := map[string]bool{}
	for i := range n.Cells {
		c := &n.Cells[i]
		if err := c.validate(); err != nil {
			return errors.Wrapf(err, "cell %d of all", i+1)
		}
		if ids[c.ID] {
			return errors.Wrapf(ErrFormat, "cell %d of all: id %q is that of another cell", i+1, c.ID)
		}
		ids[c.ID] = true
	}
	return nil
}

func (n *Notebook) kernel() error {
	var spec struct {
		Name     string `json:"name"`
		Language string `json:"language"`
		Display  string `json:"display_name"`
	}
	var info struct {
		Name      string `json:"name"`
		Extension string `json:"file_extension"`
	}
	for name, into := range map[string]any{"kernelspec": &spec, "language_info": &info} {
		if err := json.Unmarshal(n.Metadata[name], into); err != nil {
			return errors.Wrapf(ErrKernel, "metadata %s: %v", name, err)
		}
	}
	switch {
	case spec.Name != Kernel || spec.Language != "go" || spec.Display == "":
		return errors.Wrapf(ErrKernel, "kernelspec is %q of language %q shown as %q, want %q of %q with a name to show",
			spec.Name, spec.Language, spec.Display, Kernel, "go")
	case info.Name != "go" || info.Extension != ".go":
		return errors.Wrapf(ErrKernel, "language_info is of %q in files %q, want %q in %q", info.Name, info.Extension, "go", ".go")
	}
	return nil
}

func (c *Cell) validate() error {
	switch {
	case c.Kind != Code && c.Kind != Markdown:
		return errors.Wrapf(ErrFormat, "cell_type is %q, want %q or %q", c.Kind, Code, Markdown)
	case !cellID.MatchString(c.ID):
		return errors.Wrapf(ErrFormat, "id is %.80q, want 1 to 64 letters, digits, - and _", c.ID)
	case c.Metadata == nil:
		return errors.Wrap(ErrFormat, "metadata are missing")
	case len(c.Source) > maxSource:
		return errors.Wrapf(ErrTooLarge, "source of %d bytes, want at most %d", len(c.Source), maxSource)
	case !utf8.ValidString(c.Source):
		return errors.Wrap(ErrFormat, "source is not UTF-8")
	case c.Kind != Code && (c.Count != 0 || c.Outputs != nil):
		return errors.Wrap(ErrFormat, "text with an execution count or outputs, want neither")
	case c.Count < 0:
		return errors.Wrapf(ErrFormat, "execution count is %d, want at least 1, or 0 for none", c.Count)
	}
	if tags, ok := c.Metadata["tags"]; ok {
		var list []string
		if err := json.Unmarshal(tags, &list); err != nil {
			return errors.Wrapf(ErrFormat, "tags: %v", err)
		}
	}
	for i, o := range c.Outputs {
		if err := o.validate(c.Count); err != nil {
			return errors.Wrapf(err, "output %d", i+1)
		}
	}
	return nil
}

func (o Output) validate(executed int) error {
	switch o.Kind {
	case StreamOutput:
		if o.Name != "stdout" && o.Name != "stderr" {
			return errors.Wrapf(ErrFormat, "stream is %q, want stdout or stderr", o.Name)
		}
		return nil
	case Error:
		return nil
	case Result:
		if o.Count != executed {
			return errors.Wrapf(ErrFormat, "execution count is %d, that of the cell %d", o.Count, executed)
		}
	case DisplayData:
	default:
		return errors.Wrapf(ErrFormat, "output_type is %q, want stream, display_data, execute_result or error", o.Kind)
	}
	if len(o.Data) == 0 {
		return errors.Wrap(ErrFormat, "no data")
	}
	for mime, value := range o.Data {
		check, known := mimes[mime]
		if !known {
			return errors.Wrapf(ErrFormat, "data of type %q, want text/plain, markdown, html or latex, or image/png or svg+xml", mime)
		}
		if check == nil {
			continue
		}
		if err := check(value); err != nil {
			return errors.Wrapf(ErrFormat, "%s: %v", mime, err)
		}
	}
	return nil
}

func isPNG(s string) error {
	data, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(s, "\n", ""))
	if err != nil {
		return err
	}
	c, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return err
	}
	if c.Width < 1 || c.Height < 1 || c.Width > maxPixels/c.Height {
		return errors.Errorf("%d x %d pixels, want 1 to %d", c.Width, c.Height, maxPixels)
	}
	_, err = png.Decode(bytes.NewReader(data))
	return err
}

func isSVG(s string) error {
	d := xml.NewDecoder(strings.NewReader(s))
	root := ""
	for {
		t, err := d.Token()
		if err == io.EOF && root == "svg" {
			return nil
		}
		if err != nil {
			return errors.Wrap(err, "svg")
		}
		if e, ok := t.(xml.StartElement); ok && root == "" {
			if root = e.Name.Local; root != "svg" {
				return errors.Errorf("root is %q, want svg", root)
			}
		}
	}
}
