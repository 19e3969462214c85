package sample

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func TestSharpeningKeepsADistribution(t *testing.T) {
	p := []float64{0.1, 0.4, 0.2, 0.2, 0.1}
	for _, c := range []struct {
		name string
		how  Config
		want []float64
	}{
		{"as predicted", Config{Temperature: 1}, p},
		{"hot", Config{Temperature: 1e9}, []float64{0.2, 0.2, 0.2, 0.2, 0.2}},
		{"cold", Config{Temperature: 1e-3}, []float64{0, 1, 0, 0, 0}},
		{"half", Config{Temperature: 0.5}, []float64{1. / 26, 16. / 26, 4. / 26, 4. / 26, 1. / 26}},
		{"the likeliest", Config{Temperature: 1, TopK: 1}, []float64{0, 1, 0, 0, 0}},
		{"of equal ones the first", Config{Temperature: 1, TopK: 2}, []float64{0, 2. / 3, 1. / 3, 0, 0}},
		{"more than there are", Config{Temperature: 1, TopK: 9}, p},
	} {
		got := slices.Clone(p)
		c.how.sharpen(got)
		for i := range got {
			if math.Abs(got[i]-c.want[i]) > 1e-6 {
				t.Errorf("%s: %v, want %v", c.name, got, c.want)
				break
			}
		}
	}
}

func TestWhatHasNoProbabilityIsNeverDrawn(t *testing.T) {
	for u, want := range map[float64]int{0: 1, 0.49: 1, 0.5: 3, 0.999: 3, 1: 3} {
		if got := draw([]float64{0, 0.5, 0, 0.5, 0}, u); got != want {
			t.Errorf("draw at %v is %d, want %d", u, got, want)
		}
	}
}

func TestSettingsOutsideTheirDomainAreNamed(t *testing.T) {
	for _, c := range []struct {
		config Config
		says   string
	}{
		{Config{Words: -1, Temperature: 1}, "-1 words"},
		{Config{}, "temperature is 0"},
		{Config{Temperature: math.NaN()}, "temperature is NaN"},
		{Config{Temperature: math.Inf(1)}, "temperature is +Inf"},
		{Config{Temperature: 1, TopK: -2}, "top k is -2"},
	} {
		if err := c.config.Validate(); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: got %v, want %q", c.config, err, c.says)
		}
	}
	if err := Default(5).Validate(); err != nil {
		t.Error(err)
	}
}
