package program

import (
	"encoding/json"

	"github.com/pkg/errors"

	"github.com/egru/egru/examples/notebooks/ipynb"
)

// ErrStale is returned for a notebook whose outputs are not those of its code.
var ErrStale = errors.New("saved outputs are not of this code")

// Keep puts the outputs of a run into the notebook, with a hash of the code that
// they came from.
func Keep(n *ipynb.Notebook, outputs [][]ipynb.Output) error {
	codes := n.Codes()
	if len(outputs) != len(codes) {
		return errors.Errorf("outputs of %d cells, the notebook has %d of code", len(outputs), len(codes))
	}
	own := map[string]json.RawMessage{}
	if data, ok := n.Metadata[metadata]; ok {
		if err := json.Unmarshal(data, &own); err != nil {
			return errors.Wrapf(err, "metadata %s", metadata)
		}
	}
	for i, c := range codes {
		c.Count, c.Outputs = i+1, outputs[i]
	}
	hash, err := json.Marshal(n.Hash())
	if err != nil {
		return err
	}
	own["outputs_of"] = hash
	data, err := json.Marshal(own)
	if err != nil {
		return err
	}
	if n.Metadata == nil {
		n.Metadata = map[string]json.RawMessage{}
	}
	n.Metadata[metadata] = data
	return nil
}

// Kept reports a notebook whose outputs are missing, were of other code, or have
// been left by an error.
func Kept(n *ipynb.Notebook) error {
	var own struct {
		Of string `json:"outputs_of"`
	}
	if err := json.Unmarshal(n.Metadata[metadata], &own); err != nil {
		return errors.Wrapf(ErrStale, "metadata %s: %v", metadata, err)
	}
	if want := n.Hash(); own.Of != want {
		return errors.Wrapf(ErrStale, "they are of code with the hash %.12q, the notebook's is %.12q", own.Of, want)
	}
	for i, c := range n.Codes() {
		if c.Count != i+1 {
			return errors.Wrapf(ErrStale, "cell %d of code has execution count %d", i+1, c.Count)
		}
		for _, o := range c.Outputs {
			if o.Kind == ipynb.Error {
				return errors.Wrapf(ErrStale, "cell %d of code ended in an error: %s", i+1, o.ErrorValue)
			}
		}
	}
	return nil
}

// Shape tells which kinds of outputs there are: of each cell the streams and
// the MIME types. Runs of one notebook at different sizes have the same.
func Shape(outputs []ipynb.Output) []string {
	list := []string{}
	for _, o := range outputs {
		if o.Kind == ipynb.StreamOutput {
			list = append(list, o.Name)
		}
		for _, mime := range []string{"text/plain", "text/markdown", "text/html", "text/latex", "image/png", "image/svg+xml"} {
			if _, ok := o.Data[mime]; ok {
				list = append(list, mime)
			}
		}
	}
	return list
}
