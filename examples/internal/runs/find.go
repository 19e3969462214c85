package runs

import (
	"os"
	"path/filepath"

	"github.com/pkg/errors"

	"github.com/egru/egru/layers"
)

// BestFile is the name of the best checkpoint of a cell.
const BestFile = "best.safetensors"

// Find takes a file as it is. Of the folder of a run it takes the best checkpoint
// of a cell, or of the only cell where none is named.
func Find(from, cell string) (string, error) {
	info, err := os.Stat(from)
	if err != nil {
		return "", err
	}
	if !info.IsDir() {
		return from, nil
	}
	places := []string{"."}
	if cell != "" {
		places = []string{cell, "."}
	} else {
		places = append(places, layers.CellEGRU, layers.CellGRU)
	}
	for _, place := range places {
		path := filepath.Join(from, place, BestFile)
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	return "", missing(from, cell)
}

// missing says what the folder of a run lacks, and what it holds instead.
func missing(from, cell string) error {
	for _, other := range []string{layers.CellEGRU, layers.CellGRU} {
		if _, err := os.Stat(filepath.Join(from, other, BestFile)); err == nil && cell != "" {
			return errors.Errorf("%s has no %s/%s; it holds %s", from, cell, BestFile, other)
		}
	}
	return errors.Errorf("%s holds no %s, also not for a cell", from, BestFile)
}
