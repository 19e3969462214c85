package kernel

// EventList is a list of the numbers of one row that are not zero, with their
// places in ascending order. It keeps its memory from row to row.
type EventList struct {
	At []int32
	V  []float32

	at   []int32
	v    []float32
	span [2]int32
}

// NewEventList is an empty list with room for the events of rows of n numbers.
func NewEventList(n int) *EventList {
	l := &EventList{at: make([]int32, n+listSlack), v: make([]float32, n+listSlack)}
	l.cut(0)
	return l
}

func (l *EventList) cut(n int) { l.At, l.V = l.at[:n], l.v[:n] }

// Of lists the events of row, which is no longer than the list has room for. A
// NaN is one.
func (l *EventList) Of(row []float32) {
	_ = l.at[len(row)+listSlack-1]
	use[float32]().list(l.span[:], l.at, l.v, row, len(row), len(row), 0)
	l.cut(int(l.span[1]))
}

// Scaled lists the events of from times a number for each place, without those
// that come to zero. l and from are of rows of one length.
func (l *EventList) Scaled(from *EventList, by []float32) {
	n := 0
	for i, k := range from.At {
		if x := from.V[i] * by[k]; x != 0 {
			l.at[n], l.v[n] = k, x
			n++
		}
	}
	l.cut(n)
}

// Take lists given events, which are as for Of: in ascending order, none zero.
func (l *EventList) Take(at []int32, v []float32) {
	copy(l.at, at)
	copy(l.v, v)
	l.cut(len(at))
}
