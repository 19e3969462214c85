package kernel
import ("testing";"math/rand/v2";"fmt")
func BenchmarkSmallRows(b *testing.B) {
	for _, density := range []float64{0.2,0.4} {
	for _, K := range []int{16, 400} {
	m := fill(rand.New(rand.NewPCG(1,1)), NewMat(make([]float32, K*3072), K, 3072), density)
	at := make([]int32, K); v := make([]float32, K)
	for i := range at { at[i] = int32(i); v[i]=1 }
	dst, acc := make([]float32, 3072), make([]float32, 3072)
	for _, r := range []Rows{NewDenseRows(m), NewPackedRows(m), NewInt8Rows(m, Int8Scales(m)), NewPackedInt8Rows(m, Int8Scales(m))} {
		b.Run(fmt.Sprintf("d=%v/K=%d/%T", density, K, r), func(b *testing.B) {
			for range b.N { r.Add(dst, at, v, acc) }
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(K*3072/16), "ns/block")
		})
	}}}
}
