package server

import (
	"net/http"

	"github.com/egru/egru/graph/stream"
)

// Stats is the answer to /v1/stats. The work of a request counts once it has
// ended.
type Stats struct {
	Model       string  `json:"model"`
	Vocabulary  int     `json:"vocabulary"`
	WeightBytes int64   `json:"weight_bytes"` // memory of the weight matrices
	TableBytes  int64   `json:"table_bytes"`  // memory of the table that the first layer's products with words come from
	Seconds     float64 `json:"seconds"`      // since the server was made
	Streams     int     `json:"streams"`      // requests at work
	Sessions    int     `json:"sessions"`     // states kept
	Total       Work    `json:"total"`
	PerToken    *Work   `json:"per_token"` // null before the first
}

// Work is what was done, beside what a dense model does for as much. Energies are
// those of stream.DefaultCosts: arithmetic in 45 nm, without reading weights.
type Work struct {
	Steps            float64 `json:"steps"`
	Units            float64 `json:"units"`
	Events           float64 `json:"events"`
	Activity         float64 `json:"activity"` // events/units
	MACs             float64 `json:"macs"`
	DenseMACs        float64 `json:"dense_macs"`
	WeightBytes      float64 `json:"weight_bytes_read"`
	DenseWeightBytes float64 `json:"dense_weight_bytes_read"`
	Energy           float64 `json:"energy_pj"`
	DenseEnergy      float64 `json:"dense_energy_pj"`
}

func workOf(c stream.Counters, costs stream.Costs) Work {
	return Work{
		Steps: float64(c.Steps), Units: float64(c.Units), Events: float64(c.Events), Activity: c.Activity(),
		MACs: float64(c.MACs), DenseMACs: float64(c.DenseMACs),
		WeightBytes: float64(c.WeightBytes), DenseWeightBytes: float64(c.DenseWeightBytes),
		Energy: c.Energy(costs), DenseEnergy: c.DenseEnergy(costs),
	}
}

// per is the work of one of n steps.
func (w Work) per(n float64) Work {
	for _, v := range []*float64{&w.Steps, &w.Units, &w.Events, &w.MACs, &w.DenseMACs, &w.WeightBytes, &w.DenseWeightBytes, &w.Energy, &w.DenseEnergy} {
		*v /= n
	}
	return w
}

func (s *Server) stats(w http.ResponseWriter, _ *http.Request) error {
	now := s.config.now()
	st := Stats{
		Model: s.engine.String(), Vocabulary: s.vocabulary.Size(), WeightBytes: s.engine.WeightBytes(), TableBytes: s.engine.TableBytes(),
		Seconds: now.Sub(s.began).Seconds(), Streams: len(s.slots), Sessions: s.sessions.count(now),
		Total: workOf(s.metrics.work(), stream.DefaultCosts()),
	}
	if st.Total.Steps > 0 {
		per := st.Total.per(st.Total.Steps)
		st.PerToken = &per
	}
	return writeJSON(w, http.StatusOK, st)
}
