package program

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/egru/egru/examples/notebooks/display"
	"github.com/egru/egru/examples/notebooks/ipynb"
)

// maxOutput is how much a program may print and show, the size of the largest
// notebook.
const maxOutput = ipynb.MaxBytes

// Check compiles the program as Go 1.17, without keeping what comes out.
func (p *Program) Check(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "notebook-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	_, err = p.build(ctx, dir)
	return err
}

func (p *Program) build(ctx context.Context, dir string) (string, error) {
	file, binary := filepath.Join(dir, "main.go"), filepath.Join(dir, "notebook.exe")
	if err := os.WriteFile(file, p.Source, 0o600); err != nil {
		return "", err
	}
	// The flag is for the program alone, not for what it imports.
	cmd := exec.CommandContext(ctx, "go", "build", "-gcflags=-lang="+goVersion, "-o", binary, file)
	cmd.Dir = p.config.Dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", errors.Wrap(ErrSubset, firstLines(p.places(string(out)), 10))
	}
	return binary, nil
}

// Run compiles and runs the program, copies to out what it prints and what its
// values are as text, and gives the outputs of each cell.
//
// Errors wrap ErrSubset if it does not compile, and ErrRun with cell, line and
// what it said if it does not run to its end.
func (p *Program) Run(ctx context.Context, out io.Writer) ([][]ipynb.Output, error) {
	dir, err := os.MkdirTemp("", "notebook-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	binary, err := p.build(ctx, dir)
	if err != nil {
		return nil, err
	}
	marks := rand.Text()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	cmd := exec.CommandContext(ctx, binary)
	cmd.Env = append(os.Environ(), display.Marks+"="+marks)
	var failure tail
	cmd.Stderr = &failure
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	cells, err := p.collect(pipe, marks, out)
	if err != nil {
		stop()
	}
	if wait := cmd.Wait(); wait != nil && err == nil {
		err = errors.Wrapf(ErrRun, "%s: %v\n%s", p.config.Name, wait, p.reason(failure.String()))
	}
	return cells, err
}

// collect reads what the program prints, and tells the cells' and the values'
// lines from the rest.
func (p *Program) collect(pipe io.Reader, marks string, out io.Writer) ([][]ipynb.Output, error) {
	cells := make([][]ipynb.Output, p.Cells)
	cell := 0
	printed := func(text string) {
		if text == "" || cell == 0 {
			return
		}
		list := cells[cell-1]
		if n := len(list); n > 0 && list[n-1].Kind == ipynb.StreamOutput {
			list[n-1].Text += text
		} else {
			cells[cell-1] = append(list, ipynb.Output{Kind: ipynb.StreamOutput, Name: "stdout", Text: text})
		}
		fmt.Fprint(out, text)
	}
	r := bufio.NewReader(io.LimitReader(pipe, maxOutput+1))
	total := 0
	held := "" // a line's end that may be of the mark that follows
	for {
		line, err := r.ReadString('\n')
		if total += len(line); total > maxOutput {
			return nil, errors.Wrapf(ErrRun, "%s: more than %d bytes of output", p.config.Name, maxOutput)
		}
		if marked, ok := strings.CutPrefix(line, marks); ok {
			held = ""
			var s display.Shown
			if err := json.Unmarshal([]byte(marked), &s); err != nil || s.Cell < 0 || s.Cell > p.Cells {
				return nil, errors.Wrapf(ErrRun, "%s: unreadable mark", p.config.Name)
			}
			if s.Cell > 0 {
				cell = s.Cell
				fmt.Fprintf(out, "[%d]\n", cell)
			} else if cell > 0 {
				cells[cell-1] = append(cells[cell-1], ipynb.Output{Kind: ipynb.Result, Data: s.Data, Count: cell})
				fmt.Fprintln(out, s.Data["text/plain"])
			}
		} else {
			text, ended := strings.CutSuffix(held+line, "\n")
			printed(text)
			held = ""
			if ended {
				held = "\n"
			}
		}
		if err == io.EOF {
			printed(held)
			return cells, nil
		}
		if err != nil {
			return nil, errors.Wrap(err, p.config.Name)
		}
	}
}

// reason is what a program said at its end. Of the frames of a panic it keeps those
// that are lines of cells, the innermost first: the others are places in packages
// on this machine.
func (p *Program) reason(said string) string {
	said, frames, _ := strings.Cut(said, "\ngoroutine ")
	lines := []string{firstLines(p.places(said), 30)}
	for _, at := range p.position().FindAllString(frames, 10) {
		if at = "at " + p.places(at); !slices.Contains(lines, at) {
			lines = append(lines, at)
		}
	}
	return strings.Join(lines, "\n")
}

// tail keeps the last of what is written to it that fits.
type tail struct{ bytes.Buffer }

const maxTail = 1 << 20

func (t *tail) Write(b []byte) (int, error) {
	if t.Len()+len(b) > maxTail {
		t.Reset()
	}
	if len(b) > maxTail {
		t.Buffer.Write(b[len(b)-maxTail:])
		return len(b), nil
	}
	return t.Buffer.Write(b)
}

// places writes the compiler's positions in cells as ours are.
func (p *Program) places(text string) string {
	at := p.position()
	return at.ReplaceAllStringFunc(text, func(s string) string {
		m := at.FindStringSubmatch(s)
		return fmt.Sprintf("%s, cell %s, line %s", p.config.Name, m[1], m[2])
	})
}

// position is how the compiler writes a place in a cell.
func (p *Program) position() *regexp.Regexp {
	return regexp.MustCompile(`(?:[^\s:]*/)?` + regexp.QuoteMeta(p.config.Name) + `\[(\d+)\]:(\d+)(?::\d+)?`)
}
