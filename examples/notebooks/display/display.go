// Package display shows what the cells of a converted notebook give. The programs
// that package program makes call it; nobody else needs it.
//
// Values render as in gophernotes: by a method SVG, PNG, HTML or Markdown, or else
// as text.
package display

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
)

// Marks is the environment variable that holds what lines begin with which tell
// package program of cells and values. Without it, values are written as text.
const Marks = "EGRU_NOTEBOOK_MARKS"

// Shown is what a marked line tells: of the begin of a cell, or of a value.
type Shown struct {
	Cell int               `json:"cell,omitempty"`
	Data map[string]string `json:"data,omitempty"` // by MIME type, a PNG in base64
}

// Cell tells that the cell of a number, from 1, begins.
func Cell(number int) { mark(Shown{Cell: number}) }

// Show shows the value that a cell ends with. Nothing shows nil.
func Show(value interface{}) {
	if value == nil {
		return
	}
	data := Render(value)
	if os.Getenv(Marks) == "" {
		fmt.Println(data["text/plain"])
		return
	}
	mark(Shown{Data: data})
}

// Render gives the forms of a value. One with a PNG has no SVG: that is
// for those who cannot have the other.
func Render(value interface{}) map[string]string {
	data := map[string]string{"text/plain": fmt.Sprint(value)}
	if v, ok := value.(interface{ PNG() []byte }); ok {
		data["image/png"] = base64.StdEncoding.EncodeToString(v.PNG())
	} else if v, ok := value.(interface{ SVG() string }); ok {
		data["image/svg+xml"] = v.SVG()
	}
	if v, ok := value.(interface{ HTML() string }); ok {
		data["text/html"] = v.HTML()
	}
	if v, ok := value.(interface{ Markdown() string }); ok {
		data["text/markdown"] = v.Markdown()
	}
	return data
}

func mark(s Shown) {
	prefix := os.Getenv(Marks)
	if prefix == "" {
		return
	}
	line, err := json.Marshal(s)
	if err != nil {
		panic(err) // strings and numbers always encode
	}
	// The line feed before ends an unfinished line of the cell's; program takes
	// it off again.
	fmt.Printf("\n%s%s\n", prefix, line)
}
