package report

import (
	"fmt"
	"math"
	"strconv"

	"github.com/egru/egru/graph/probe"
)

// whole writes a whole number with its thousands apart.
func whole(n int) string {
	digits := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

func perplexity(x float64) string {
	const large = 1e6 // beyond, no one reads the digits
	if math.Abs(x) >= large {
		return short(x)
	}
	return fmt.Sprintf("%.2f", x)
}

func percent(x float64) string { return fmt.Sprintf("%.1f %%", 100*x) }

func short(x float64) string { return fmt.Sprintf("%.3g", x) }

func seconds(x float64) string { return fmt.Sprintf("%.1f", x) }

// rounded writes a number that is large, such as tokens per second, as a whole
// one.
func rounded(x float64) string {
	if !(math.Abs(x) < math.MaxInt32) {
		return short(x)
	}
	return whole(int(math.Round(x)))
}

// written writes a number if there is one.
func written(x *float64, as func(float64) string) string {
	if x == nil {
		return ""
	}
	return as(*x)
}

// column is a column of a table, with what it says of a row: "" for nothing.
type column[R any] struct {
	head string
	of   func(R) string
}

// table makes rows of columns, without those that say nothing of any row.
func table[R any](caption string, rows []R, columns ...column[R]) probe.Table {
	const nothing = "-"
	t := probe.Table{Caption: caption, Rows: make([][]string, len(rows))}
	for i, c := range columns {
		cells, says := make([]string, len(rows)), i == 0
		for j, row := range rows {
			cells[j] = c.of(row)
			says = says || cells[j] != ""
			if cells[j] == "" {
				cells[j] = nothing
			}
		}
		if !says {
			continue
		}
		t.Head = append(t.Head, c.head)
		for j, cell := range cells {
			t.Rows[j] = append(t.Rows[j], cell)
		}
	}
	return t
}
