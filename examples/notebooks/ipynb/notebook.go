package ipynb

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// The version of nbformat.
const (
	Format      = 4
	FormatMinor = 5
)

// Kernel is the name that gophernotes' own instructions install it under.
const Kernel = "gophernotes"

// The kinds of cells.
const (
	Code     = "code"
	Markdown = "markdown"
)

// The kinds of outputs.
const (
	StreamOutput = "stream"
	DisplayData  = "display_data"
	Result       = "execute_result"
	Error        = "error"
)

// Notebook is a notebook as it is edited: with all text in one piece.
type Notebook struct {
	Cells    []Cell
	Metadata map[string]json.RawMessage
}

// Cell is a piece of text or code. Only code has a count and outputs.
type Cell struct {
	Kind     string // Code or Markdown
	ID       string // 1 to 64 letters, digits, - and _, once in a notebook
	Metadata map[string]json.RawMessage
	Source   string

	Count   int // of the execution, from 1; 0 for never executed
	Outputs []Output
}

// Output is what the execution of a cell gave.
type Output struct {
	Kind string // StreamOutput, DisplayData, Result or Error

	Name, Text string // of a stream: stdout or stderr, and what was written

	Data     map[string]string // of DisplayData and Result by MIME type, images but SVG in base64
	Metadata map[string]json.RawMessage
	Count    int // of Result

	ErrorName, ErrorValue string // of Error
	Traceback             []string
}

// New is a notebook for gophernotes without cells.
func New() *Notebook {
	return &Notebook{Metadata: map[string]json.RawMessage{
		"kernelspec":    json.RawMessage(`{"display_name": "Go (gophernotes)", "language": "go", "name": "` + Kernel + `"}`),
		"language_info": json.RawMessage(`{"file_extension": ".go", "mimetype": "text/x-go", "name": "go", "pygments_lexer": "go"}`),
	}}
}

// Codes are the cells of code, in order.
func (n *Notebook) Codes() []*Cell {
	var list []*Cell
	for i := range n.Cells {
		if n.Cells[i].Kind == Code {
			list = append(list, &n.Cells[i])
		}
	}
	return list
}

// Hash tells the code of notebooks apart: the SHA-256 of all cells of code, in
// hexadecimal.
func (n *Notebook) Hash() string {
	h := sha256.New()
	for _, c := range n.Codes() {
		fmt.Fprintf(h, "%d\n%s", len(c.Source), c.Source)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// HasTag tells whether a cell has a tag in its metadata.
func (c *Cell) HasTag(tag string) bool {
	var tags []string
	if json.Unmarshal(c.Metadata["tags"], &tags) != nil {
		return false // Validate reports tags that are no list
	}
	for _, t := range tags {
		if t == tag {
			return true
		}
	}
	return false
}
