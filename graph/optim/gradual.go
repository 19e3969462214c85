package optim

// Gradual raises the sparsity, the share of parameters that are pruned, from
// Initial to Final, fast at first and slowly at the end:
//
//	s(n) = Final + (Initial - Final)*(1 - p)^3,  p = Every*floor((n-Start)/Every) / (End-Start)
//
// after step n, counted from 1; 0 before Start and Final from End on. With Start
// equal to End all is pruned at once.
//
// Source: Zhu and Gupta, "To prune, or not to prune: exploring the efficacy of
// pruning for model compression", 2017 (arXiv 1710.01878), equation 1.
type Gradual struct {
	Initial, Final float64 // 0 <= Initial <= Final < 1
	Start, End     int     // steps, 0 <= Start <= End
	Every          int     // steps between two prunings, at least 1
}

// Validate reports everything that is wrong.
func (g Gradual) Validate() error {
	var p problems
	g.check(&p)
	return p.err("Gradual")
}

func (g Gradual) check(p *problems) {
	if !(g.Initial >= 0 && g.Initial <= g.Final && g.Final < 1) {
		p.addf("Initial is %v and Final %v, want 0 <= Initial <= Final < 1", g.Initial, g.Final)
	}
	if g.Start < 0 || g.End < g.Start {
		p.addf("Start is %d and End %d, want 0 <= Start <= End", g.Start, g.End)
	}
	if g.Every < 1 {
		p.addf("Every is %d, want at least 1", g.Every)
	}
}

// Sparsity is the share that is pruned after n steps.
func (g Gradual) Sparsity(n int) float64 {
	switch {
	case n < g.Start:
		return 0
	case n >= g.End:
		return g.Final
	}
	done := (n - g.Start) / g.Every * g.Every
	left := 1 - float64(done)/float64(g.End-g.Start)
	return g.Final + (g.Initial-g.Final)*left*left*left
}
