package ipynb

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"strings"

	"github.com/pkg/errors"
)

// MaxBytes is the size of the largest file that is read. The largest of ours,
// with its pictures, has a tenth of that.
const MaxBytes = 8 << 20

// ReadFile reads and checks a notebook. Errors wrap ErrFormat, ErrKernel,
// ErrTooLarge or that of the file system.
func ReadFile(path string) (*Notebook, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, MaxBytes+1))
	if err != nil {
		return nil, errors.Wrap(err, path)
	}
	n, err := Parse(data)
	return n, errors.Wrap(err, path)
}

// Parse reads and checks a notebook.
func Parse(data []byte) (*Notebook, error) {
	if len(data) > MaxBytes {
		return nil, errors.Wrapf(ErrTooLarge, "more than %d bytes", MaxBytes)
	}
	var raw rawNotebook
	if err := strict(data, &raw); err != nil {
		return nil, errors.Wrap(ErrFormat, err.Error())
	}
	if raw.Format == nil || raw.Minor == nil || *raw.Format != Format || *raw.Minor != FormatMinor {
		return nil, errors.Wrapf(ErrFormat, "nbformat is %s.%s, want %d.%d", show(raw.Format), show(raw.Minor), Format, FormatMinor)
	}
	if raw.Cells == nil {
		return nil, errors.Wrap(ErrFormat, "cells are missing, want a list")
	}
	n := &Notebook{Metadata: raw.Metadata}
	for i, r := range raw.Cells {
		c, err := r.cell()
		if err != nil {
			return nil, errors.Wrapf(ErrFormat, "cell %d of all: %v", i+1, err)
		}
		n.Cells = append(n.Cells, c)
	}
	return n, n.Validate()
}

// strict reads one value and nothing after it, without unknown fields.
func strict(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("there is more after the end")
	}
	return nil
}

func show(n *int) string {
	if n == nil {
		return "missing"
	}
	b, _ := json.Marshal(*n) // an int always encodes
	return string(b)
}

// The fields of a file in the order Jupyter writes them. Pointers and raw
// messages tell what is missing from what is empty.
type (
	rawNotebook struct {
		Cells    []rawCell                  `json:"cells"`
		Metadata map[string]json.RawMessage `json:"metadata"`
		Format   *int                       `json:"nbformat"`
		Minor    *int                       `json:"nbformat_minor"`
	}

	rawCell struct {
		Kind     string                     `json:"cell_type"`
		Count    json.RawMessage            `json:"execution_count,omitempty"`
		ID       string                     `json:"id"`
		Metadata map[string]json.RawMessage `json:"metadata"`
		Outputs  *[]rawOutput               `json:"outputs,omitempty"`
		Source   *text                      `json:"source"`
	}

	rawOutput struct {
		Data       *map[string]json.RawMessage `json:"data,omitempty"`
		ErrorName  *string                     `json:"ename,omitempty"`
		ErrorValue *string                     `json:"evalue,omitempty"`
		Count      json.RawMessage             `json:"execution_count,omitempty"`
		Metadata   *map[string]json.RawMessage `json:"metadata,omitempty"`
		Name       *string                     `json:"name,omitempty"`
		Kind       string                      `json:"output_type"`
		Text       *text                       `json:"text,omitempty"`
		Traceback  *[]string                   `json:"traceback,omitempty"`
	}
)

// text is a string, or its lines in a list.
type text string

func (t *text) UnmarshalJSON(data []byte) error {
	var lines []string
	if len(data) > 0 && data[0] == '"' {
		lines = make([]string, 1)
		if err := json.Unmarshal(data, &lines[0]); err != nil {
			return err
		}
	} else if err := json.Unmarshal(data, &lines); err != nil || lines == nil {
		return errors.New("text is neither a string nor a list of strings")
	}
	*t = text(strings.Join(lines, ""))
	return nil
}

func (t text) MarshalJSON() ([]byte, error) {
	lines := []string{}
	for line := range strings.Lines(string(t)) {
		lines = append(lines, line)
	}
	return encode(lines)
}

func (r rawCell) cell() (Cell, error) {
	c := Cell{Kind: r.Kind, ID: r.ID, Metadata: r.Metadata}
	if r.Source == nil {
		return c, errors.New("source is missing")
	}
	c.Source = string(*r.Source)
	switch r.Kind {
	case Markdown:
		if r.Count != nil || r.Outputs != nil {
			return c, errors.New("text has an execution_count or outputs, want neither")
		}
		return c, nil
	case Code:
	default:
		return c, errors.Errorf("cell_type is %q, want %q or %q", r.Kind, Code, Markdown)
	}
	if r.Count == nil || r.Outputs == nil {
		return c, errors.New("code without execution_count or outputs, want both")
	}
	var err error
	if c.Count, err = count(r.Count); err != nil {
		return c, err
	}
	for i, o := range *r.Outputs {
		out, err := o.output()
		if err != nil {
			return c, errors.Wrapf(err, "output %d", i+1)
		}
		c.Outputs = append(c.Outputs, out)
	}
	return c, nil
}

// count is null for never executed.
func count(data json.RawMessage) (int, error) {
	var n *int
	if err := json.Unmarshal(data, &n); err != nil || n != nil && *n < 1 {
		return 0, errors.Errorf("execution_count is %.20s, want null or at least 1", data)
	}
	if n == nil {
		return 0, nil
	}
	return *n, nil
}

func (r rawOutput) output() (o Output, err error) {
	o.Kind = r.Kind
	stream, data, failed := r.Name != nil && r.Text != nil, r.Data != nil && r.Metadata != nil,
		r.ErrorName != nil && r.ErrorValue != nil && r.Traceback != nil
	fits := false
	switch r.Kind {
	case StreamOutput:
		fits = stream && r.Data == nil && r.Metadata == nil && !failed && r.Count == nil
	case DisplayData:
		fits = data && r.Name == nil && r.Text == nil && !failed && r.Count == nil
	case Result:
		fits = data && r.Name == nil && r.Text == nil && !failed && r.Count != nil
	case Error:
		fits = failed && r.Name == nil && r.Text == nil && r.Data == nil && r.Metadata == nil && r.Count == nil
	default:
		return o, errors.Errorf("output_type is %q, want stream, display_data, execute_result or error", r.Kind)
	}
	switch {
	case !fits:
		return o, errors.Errorf("fields do not fit output_type %s", r.Kind)
	case r.Kind == StreamOutput:
		o.Name, o.Text = *r.Name, string(*r.Text)
		return o, nil
	case r.Kind == Error:
		o.ErrorName, o.ErrorValue, o.Traceback = *r.ErrorName, *r.ErrorValue, *r.Traceback
		return o, nil
	case r.Kind == Result:
		if o.Count, err = count(r.Count); err != nil {
			return o, err
		}
	}
	o.Metadata, o.Data = *r.Metadata, map[string]string{}
	for mime, value := range *r.Data {
		var t text
		if err := json.Unmarshal(value, &t); err != nil {
			return o, errors.Wrap(err, mime)
		}
		o.Data[mime] = string(t)
	}
	return o, nil
}
