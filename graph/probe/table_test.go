package probe

import "testing"

func TestQuantity(t *testing.T) {
	for _, c := range []struct {
		x    float64
		want string
	}{
		{0, "0"},
		{7, "7"},
		{9999, "9999"},
		{10000, "10.0 k"},
		{12345, "12.3 k"},
		{99949, "99.9 k"},
		{99951, "100 k"},
		{999499, "999 k"},
		{999500, "1.00 M"},
		{1234567, "1.23 M"},
		{9.99e14, "999 T"},
		{2.5e15, "2500 T"},
		{0.5, "0.50"},
		{9.994, "9.99"},
		{9.996, "10.0"},
		{38.4, "38.4"},
		{1234.5, "1.23 k"},
	} {
		if got := Quantity(c.x); got != c.want {
			t.Errorf("Quantity(%v) is %q, want %q", c.x, got, c.want)
		}
	}
}
