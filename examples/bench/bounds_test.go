package main

import (
	"io"
	"strings"
	"testing"
)

// Nothing is run: sizes that were let through would take the machine's memory.
func TestSizesBeyondAllMemoryAreNamedWithWhatTheyTake(t *testing.T) {
	for _, c := range []struct {
		args string
		says []string
	}{
		{"-op matmul -H 1000000", []string{"-H 1000000", "weights", "6e+12"}},
		{"-op matmul -T 1000000 -B 1000", []string{"-T 1000000, -B 1000, -H 512", "sequences"}},
		{"-op layer -H 1000000", []string{"-I 256, -H 1000000", "weights"}},
		{"-op layer -I 100000000", []string{"-I 100000000, -H 256"}},
		{"-op layer -T 99999999 -B 99999999", []string{"-T 99999999, -B 99999999", "sequences"}},
		{"-op lm -H 1000000", []string{"-H 1000000", "weights"}},
		{"-op lm -I 1000000", []string{"-I 1000000", "weights"}},
		{"-op lm -V 100000000", []string{"-V 100000000", "weights"}},
		{"-op lm -V 1000000 -T 1000 -B 100 -baseline gorgonia", []string{"-T 1000, -B 100", "-V 1000000", "sequences"}},
		{"-op lm -T 100000 -B 100", []string{"-T 100000, -B 100", "sequences"}},
		{"-op lm -layers 1000000", []string{"-layers is 1000000, want at most 100"}},
		{"-op stream -H 1000000", []string{"-H 1000000", "weights"}},
		{"-op stream -I 10000000", []string{"-I 10000000", "weights"}},
		{"-op stream -vectors -I 100000000 -H 8", []string{"-I 100000000"}},
		{"-op stream -V 100000000", []string{"-V 100000000", "weights"}},
		{"-op stream -T 100000000", []string{"-T 100000000", "sequences"}},
		{"-op stream -layers 1000000", []string{"-layers is 1000000, want at most 100"}},
		{"-op stream -streams 100000000", []string{"-streams 100000000", "states"}},
		{"-op layer -T 10000 -B 100 -baseline gorgonia", []string{"-baseline gorgonia", "sequences"}},
		{"-op layer -H 9223372036854775807 -I 9223372036854775807 -T 9223372036854775807 -B 9223372036854775807", []string{"-H 9223372036854775807"}},
		{"-op layer -T 1000 -B 40 -I 8000 -H 8000", []string{"sequences", "takes 2.43e+09 numbers", "want at most 2147483647 (8 GiB)"}}, // with the weights
	} {
		_, err := parse(strings.Fields(c.args), io.Discard)
		if err == nil {
			t.Errorf("%s: no error", c.args)
			continue
		}
		for _, says := range c.says {
			if !strings.Contains(err.Error(), says) {
				t.Errorf("%s: %q, want %q in it", c.args, err, says)
			}
		}
	}
}

func TestSizesOfThePapersAndTwiceThoseAreTaken(t *testing.T) {
	for _, args := range []string{
		"-op matmul -T 70 -B 64 -H 1350", "-op matmul -T 140 -B 128 -H 5400 -baseline gonum",
		"-op layer -T 70 -B 64 -I 1350 -H 1350 -baseline gorgonia", "-op layer -T 140 -B 128 -I 5400 -H 5400 -baseline gru",
		"-op lm -T 70 -B 64 -I 750 -H 1350 -V 10000 -layers 3 -baseline gorgonia", "-op lm -T 70 -B 64 -I 1500 -H 2700 -V 20000 -layers 3 -baseline gru",
		"-op lm -T 70 -B 64 -I 750 -H 1350 -V 33000 -layers 3 -baseline gru",
		"-op stream -T 70 -I 750 -H 1350 -V 10000 -layers 3 -streams 1000", "-op stream -T 1000 -I 1500 -H 2700 -V 20000 -layers 6 -baseline gru",
		"-op lm -T 1000 -B 100 -V 1000000", // whose logits are made in chunks
		"-op stream -vectors -I 2700 -H 2700 -layers 6",
	} {
		if _, err := parse(strings.Fields(args), io.Discard); err != nil {
			t.Errorf("%s: %v", args, err)
		}
	}
}
