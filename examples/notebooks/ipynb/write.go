package ipynb

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/pkg/errors"

	"github.com/egru/egru/internal/atomicfile"
)

// WriteFile checks a notebook and writes it as Jupyter would. A file of that name
// is replaced as a whole: after an error it is what it was.
func (n *Notebook) WriteFile(path string) error {
	data, err := n.Encode()
	if err != nil {
		return errors.Wrap(err, path)
	}
	return errors.Wrap(atomicfile.WriteBytes(path, data), path)
}

// Encode checks a notebook and writes it as Jupyter would: the same notebook gives
// the same bytes.
func (n *Notebook) Encode() ([]byte, error) {
	if err := n.Validate(); err != nil {
		return nil, err
	}
	format, minor := Format, FormatMinor
	raw := rawNotebook{Cells: []rawCell{}, Metadata: n.Metadata, Format: &format, Minor: &minor}
	for _, c := range n.Cells {
		raw.Cells = append(raw.Cells, c.raw())
	}
	compact, err := encode(raw)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := json.Indent(&b, compact, "", " "); err != nil {
		return nil, err
	}
	b.WriteByte('\n')
	if b.Len() > MaxBytes {
		return nil, errors.Wrapf(ErrTooLarge, "%d bytes, want at most %d", b.Len(), MaxBytes)
	}
	return b.Bytes(), nil
}

// encode leaves < and > legible.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

func (c Cell) raw() rawCell {
	source := text(c.Source)
	r := rawCell{Kind: c.Kind, ID: c.ID, Metadata: c.Metadata, Source: &source}
	if c.Kind != Code {
		return r
	}
	r.Count = counted(c.Count)
	r.Outputs = &[]rawOutput{}
	for _, o := range c.Outputs {
		*r.Outputs = append(*r.Outputs, o.raw())
	}
	return r
}

func counted(n int) json.RawMessage {
	if n == 0 {
		return json.RawMessage("null")
	}
	return json.RawMessage(strconv.Itoa(n))
}

func (o Output) raw() rawOutput {
	r := rawOutput{Kind: o.Kind}
	switch o.Kind {
	case StreamOutput:
		t := text(o.Text)
		r.Name, r.Text = &o.Name, &t
	case Error:
		lines := append([]string{}, o.Traceback...) // null is no list
		r.ErrorName, r.ErrorValue, r.Traceback = &o.ErrorName, &o.ErrorValue, &lines
	default:
		data := map[string]json.RawMessage{}
		for mime, value := range o.Data {
			var v any = text(value)
			if mime == "image/png" {
				v = value // Jupyter keeps it in one piece
			}
			data[mime], _ = encode(v) // a text always encodes
		}
		metadata := o.Metadata
		if metadata == nil {
			metadata = map[string]json.RawMessage{}
		}
		r.Data, r.Metadata = &data, &metadata
		if o.Kind == Result {
			r.Count = counted(o.Count)
		}
	}
	return r
}
