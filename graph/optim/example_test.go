package optim_test

import (
	"fmt"
	"log"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/egru/egru/graph/optim"
)

// A plain Gorgonia graph that fits y = x*w + b, trained with AdamW on a cosine
// schedule. Gradients are clipped, b is kept in [0,1] and does not decay.
func Example() {
	x := tensor.New(tensor.WithShape(4, 2), tensor.WithBacking([]float64{1, 0, 0, 1, 1, 1, -1, 2}))
	y := tensor.New(tensor.WithShape(4), tensor.WithBacking([]float64{2.5, -0.5, 1.5, -3.5})) // w = (2, -1), b = 0.5

	g := G.NewGraph()
	inputs := G.NewMatrix(g, G.Float64, G.WithShape(4, 2), G.WithName("x"), G.WithValue(x))
	targets := G.NewVector(g, G.Float64, G.WithShape(4), G.WithName("y"), G.WithValue(y))
	w := G.NewVector(g, G.Float64, G.WithShape(2), G.WithName("w"),
		G.WithValue(tensor.New(tensor.WithShape(2), tensor.WithBacking([]float64{0, 0}))))
	b := G.NewScalar(g, G.Float64, G.WithName("b"), G.WithValue(0.0))

	residual := G.Must(G.Sub(G.Must(G.Add(G.Must(G.Mul(inputs, w)), b)), targets))
	loss := G.Must(G.Mean(G.Must(G.Square(residual))))
	var lossValue G.Value
	G.Read(loss, &lossValue)
	if _, err := G.Grad(loss, w, b); err != nil {
		log.Fatal(err)
	}
	parameters := G.Nodes{w, b}
	machine := G.NewTapeMachine(g, G.BindDualValues(parameters...)) // without it gradients are not the parameters' own
	defer machine.Close()

	config := optim.DefaultAdamW()
	config.LearnRate = 0.1
	config.WeightDecay = 1e-4
	config.Groups = []optim.Group{optim.NoDecay("b")}
	adamW, err := optim.NewAdamW(config)
	if err != nil {
		log.Fatal(err)
	}
	clip, err := optim.NewClip(adamW, 1)
	if err != nil {
		log.Fatal(err)
	}
	scheduled, err := optim.NewScheduled(clip, optim.Cosine{Start: 100, End: 300})
	if err != nil {
		log.Fatal(err)
	}
	solver, err := optim.NewProject(scheduled, optim.Bound{Names: []string{"b"}, Low: 0, High: 1})
	if err != nil {
		log.Fatal(err)
	}

	for i := range 300 {
		if err := machine.RunAll(); err != nil {
			log.Fatal(err)
		}
		rate := scheduled.Rate()
		if err := solver.Step(G.NodesToValueGrads(parameters)); err != nil {
			log.Fatal(err)
		}
		machine.Reset()
		if i%100 == 0 || i == 299 {
			fmt.Printf("step %3d  loss %.4f  rate %.4f  norm %.2f  clipped %v\n",
				i, lossValue.Data(), rate, clip.Norm(), clip.Clipped())
		}
	}
	fmt.Printf("w %.2f  b %.2f\n", w.Value().Data(), b.Value().Data())
	// Output:
	// step   0  loss 5.2500  rate 0.1000  norm 4.80  clipped true
	// step 100  loss 0.0001  rate 0.1000  norm 0.02  clipped false
	// step 200  loss 0.0000  rate 0.0500  norm 0.00  clipped false
	// step 299  loss 0.0000  rate 0.0000  norm 0.00  clipped false
	// w [2.00 -1.00]  b 0.50
}

// Windows of two lengths are two graphs around one weight. The solver knows the
// weight by its name; the short window moves it at half the rate.
func ExampleStepScaled() {
	const usual = 4
	weight := tensor.New(tensor.WithShape(1), tensor.WithBacking([]float64{1}))
	config := optim.DefaultSGD()
	config.LearnRate = 0.5
	solver, err := optim.NewSGD(config)
	if err != nil {
		log.Fatal(err)
	}

	for _, length := range []int{4, 2, 4} {
		g := G.NewGraph()
		w := G.NewVector(g, G.Float64, G.WithShape(1), G.WithName("w"), G.WithValue(weight))
		window := tensor.New(tensor.WithShape(length, 1), tensor.WithBacking(tensor.Range(tensor.Float64, 1, length+1)))
		x := G.NewMatrix(g, G.Float64, G.WithShape(length, 1), G.WithName("x"), G.WithValue(window))
		loss := G.Must(G.Mean(G.Must(G.Mul(x, w)))) // gradient (length+1)/2
		if _, err := G.Grad(loss, w); err != nil {
			log.Fatal(err)
		}
		machine := G.NewTapeMachine(g, G.BindDualValues(w))
		if err := machine.RunAll(); err != nil {
			log.Fatal(err)
		}
		scale := float64(length) / usual
		if err := optim.StepScaled(solver, G.NodesToValueGrads(G.Nodes{w}), scale); err != nil {
			log.Fatal(err)
		}
		machine.Close()
		fmt.Printf("length %d  w %.4f\n", length, weight.Data())
	}
	fmt.Println("steps", solver.State().Steps["w"], "rate", solver.LearnRate())
	// Output:
	// length 4  w [-0.2500]
	// length 2  w [-1.1875]
	// length 4  w [-4.1250]
	// steps 3 rate 0.5
}

// The thresholds were to be frozen, and would be trained.
func ExampleCheckNames() {
	config := optim.DefaultAdamW()
	config.Groups = []optim.Group{optim.Frozen("*.treshold")}
	solver, err := optim.NewAdamW(config)
	if err != nil {
		log.Fatal(err)
	}
	g := G.NewGraph()
	kernel := G.NewVector(g, G.Float64, G.WithShape(2), G.WithName("rnn.kernel"))
	threshold := G.NewVector(g, G.Float64, G.WithShape(2), G.WithName("rnn.threshold"))
	fmt.Println(optim.CheckNames(solver, G.Nodes{kernel, threshold}))
	// Output:
	// of 2 parameters: AdamW: Groups[0].Names has "*.treshold", which fits none: invalid setting
}

// Four of eight weights are pruned, in two goes, and stay zero.
func ExamplePrune() {
	weight := tensor.New(tensor.WithBacking([]float64{0.1, -0.9, 0.3, 0.7, -0.2, 0.8, 0.5, -0.6}))
	g := G.NewGraph()
	w := G.NewVector(g, G.Float64, G.WithShape(8), G.WithName("rnn.kernel"), G.WithValue(weight))
	if _, err := G.Grad(G.Must(G.Sum(w)), w); err != nil { // gradient 1
		log.Fatal(err)
	}
	machine := G.NewTapeMachine(g, G.BindDualValues(w))
	defer machine.Close()

	sgd, err := optim.NewSGD(optim.SGDConfig{LearnRate: 0.01})
	if err != nil {
		log.Fatal(err)
	}
	config := optim.DefaultPrune(0.5)
	config.Schedule = optim.Gradual{Initial: 0.25, Final: 0.5, Start: 1, End: 3, Every: 2}
	solver, err := optim.NewPrune(sgd, config)
	if err != nil {
		log.Fatal(err)
	}
	for range 3 {
		if err := machine.RunAll(); err != nil {
			log.Fatal(err)
		}
		if err := solver.Step(G.NodesToValueGrads(G.Nodes{w})); err != nil {
			log.Fatal(err)
		}
		machine.Reset()
		fmt.Printf("%.2f\n", weight.Data())
	}
	fmt.Printf("%+v\n", solver.Densities())
	// Output:
	// [0.00 -0.91 0.29 0.69 0.00 0.79 0.49 -0.61]
	// [0.00 -0.92 0.28 0.68 0.00 0.78 0.48 -0.62]
	// [0.00 -0.93 0.00 0.67 0.00 0.77 0.00 -0.63]
	// [{Name:rnn.kernel Kept:4 Size:8}]
}
