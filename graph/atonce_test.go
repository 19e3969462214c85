package graph

import (
	"os"
	"os/exec"
	"sync"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

func TestSessionsOfDifferentModelsRunAtOnce(t *testing.T) {
	run := func() (loss float64, err error) {
		s := newSession(languageModel())
		stream := s.NewStream(testB)
		for from := range 5 {
			r, err := s.Train(stream, window(4*from, 4))
			if err != nil {
				return 0, err
			}
			loss += r.Loss
		}
		return loss, nil
	}
	want, err := run()
	if err != nil {
		t.Fatal(err)
	}
	losses, errs := make([]float64, 4), make([]error, 4)
	var done sync.WaitGroup
	for i := range losses {
		done.Go(func() { losses[i], errs[i] = run() })
	}
	done.Wait()
	for i := range losses {
		if errs[i] != nil || losses[i] != want {
			t.Errorf("session %d: loss %v and error %v, want %v", i, losses[i], errs[i], want)
		}
	}
}

// The race detector tells. Gorgonia's constants are written to once in a process,
// so the test has one of its own.
func TestGraphsAreDifferentiatedOneAtATime(t *testing.T) {
	if !racing {
		t.Skip("the race detector is off")
	}
	const key = "EGRU_TEST_ALONE"
	if os.Getenv(key) == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
		cmd.Env = append(os.Environ(), key+"=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	begin := make(chan struct{})
	var done sync.WaitGroup
	for range 8 {
		x := G.NewScalar(G.NewGraph(), tensor.Float32, G.WithName("x"))
		y := must(G.Neg(x))
		done.Go(func() {
			<-begin
			if _, err := differentiate(y, G.Nodes{x}); err != nil {
				t.Error(err)
			}
		})
	}
	close(begin)
	done.Wait()
}
