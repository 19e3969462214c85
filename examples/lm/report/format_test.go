package report

import (
	"math"
	"testing"
)

func TestNumbersAreWrittenToBeRead(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{whole(0), "0"}, {whole(999), "999"}, {whole(1000), "1,000"}, {whole(-1234567), "-1,234,567"}, {whole(-999), "-999"},
		{perplexity(99.346), "99.35"}, {perplexity(1e6), "1e+06"}, {perplexity(math.Inf(1)), "+Inf"}, {perplexity(math.NaN()), "NaN"},
		{percent(0.1234), "12.3 %"}, {short(5e-4), "0.0005"}, {seconds(63.44), "63.4"},
		{rounded(13995.7), "13,996"}, {rounded(math.NaN()), "NaN"}, {rounded(1e18), "1e+18"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}
