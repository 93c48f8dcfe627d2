package main

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/espalier-nas/espalier/ops"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/data"
)

type classifyCmd struct {
	Network  string   `arg:"" type:"existingfile" help:"Network file or ONNX model."`
	Pictures []string `arg:"" type:"existingfile" help:"Pictures of any size: PNG, JPEG, GIF, BMP, WebP, TIFF, PPM."`
	Top      int      `default:"1" placeholder:"N" help:"Classes to print for each picture, the most likely first."`
	Workers  int      `placeholder:"N" help:"Goroutines that compute (default: one per processor)."`
	Kernel   string   `placeholder:"NAME" help:"Kernels: ${kernels} (default: the best)."`
}

// Validate wants something to print.
func (c classifyCmd) Validate() error {
	if c.Top < 1 {
		return fmt.Errorf("--top is %d; want at least 1", c.Top)
	}
	return nil
}

// Run prints the likely classes of each picture; those that cannot be read are errors after the others.
func (c classifyCmd) Run(s streams) error {
	n, err := loadNetwork(c.Network)
	if err != nil {
		return err
	}
	e, err := ops.NewExec(ops.Config{Kernel: c.Kernel, Workers: c.Workers})
	if err != nil {
		return err
	}
	defer e.Close()
	n = n.Fold()
	var colours data.Profiles
	var failed []error // of pictures that cannot be read, which the others are not to wait for
	for _, path := range c.Pictures {
		probs, err := classify(e, n, path)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		if _, err := fmt.Fprintf(s.out, "%s", path); err != nil {
			return err
		}
		for _, k := range likeliest(probs, c.Top) {
			fmt.Fprintf(s.out, "\t%s %.4f", n.Label().Classes[k], probs[k])
		}
		fmt.Fprintln(s.out)
		profile, err := data.ColourProfile(path)
		if err != nil {
			return err
		}
		colours.Add(path, profile)
	}
	if note := colours.Note(); note != "" {
		_, err = fmt.Fprintf(s.err, "warn: %s\n", note)
	}
	return errors.Join(append(failed, err)...)
}

// classify returns the probability of each class for one picture file.
func classify(e *ops.Exec, n *supernet.Network, path string) ([]float64, error) {
	h, w, ch := n.Input()
	pix, err := data.ReadPicture(path, h, w, ch, viewOf(n))
	if err != nil {
		return nil, err
	}
	set := &data.Set{H: h, W: w, C: ch, Classes: n.Label().Classes, Pix: pix, Labels: []uint16{0}}
	var b data.Batch
	data.NewLoader(set, n.Normalization(), data.Augment{}, 1, 0).Sequential(&b, 0, 1)
	logits, err := n.Predict(e, b.Tensor())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return softmax(logits.Data().([]float32)), nil
}

// viewOf returns how a network wants pictures to become pixels.
func viewOf(n *supernet.Network) data.View {
	if v := n.Label().View; v != nil {
		return *v
	}
	return data.PlainView()
}

func softmax(logits []float32) []float64 {
	top := float64(slices.Max(logits))
	probs := make([]float64, len(logits))
	sum := 0.0
	for i, v := range logits {
		probs[i] = math.Exp(float64(v) - top)
		sum += probs[i]
	}
	for i := range probs {
		probs[i] /= sum
	}
	return probs
}

// likeliest returns the indices of the n largest probabilities, falling.
func likeliest(probs []float64, n int) []int {
	order := make([]int, len(probs))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case probs[a] > probs[b]:
			return -1
		case probs[a] < probs[b]:
			return 1
		}
		return 0
	})
	return order[:min(n, len(order))]
}
