package ops_test

import (
	"math"
	"testing"

	"github.com/espalier-nas/espalier/ops"
)

// The values are those of torch.nn.functional.interpolate(mode="bilinear",
// align_corners=False) on the same numbers.
func TestResizeIsBetweenMiddles(t *testing.T) {
	e, err := ops.NewExec(ops.Config{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for _, c := range []struct {
		h, w int
		in   []float32
		toH  int
		toW  int
		want []float32
	}{
		{1, 4, []float32{1, 2, 3, 4}, 1, 8, []float32{1, 1.25, 1.75, 2.25, 2.75, 3.25, 3.75, 4}},
		{1, 4, []float32{1, 2, 3, 4}, 1, 2, []float32{1.5, 3.5}},
		{1, 3, []float32{0, 3, 6}, 1, 2, []float32{0.75, 5.25}},
		{2, 2, []float32{0, 1, 2, 3}, 4, 4, []float32{0, 0.25, 0.75, 1, 0.5, 0.75, 1.25, 1.5, 1.5, 1.75, 2.25, 2.5, 2, 2.25, 2.75, 3}},
		{2, 2, []float32{0, 1, 2, 3}, 2, 2, []float32{0, 1, 2, 3}},
	} {
		// Two pictures of two channels: the second channel is the negative, the second picture ten times as large.
		var x []float32
		for _, f := range []float32{1, 10} {
			for _, v := range c.in {
				x = append(x, f*v, -f*v)
			}
		}
		e.Begin(false)
		y := ops.Resize(e, e.Input(2, c.h, c.w, 2, x), c.toH, c.toW)
		if y.N != 2 || y.H != c.toH || y.W != c.toW || y.C != 2 {
			t.Fatalf("%dx%d to %dx%d has shape %dx%dx%dx%d", c.h, c.w, c.toH, c.toW, y.N, y.H, y.W, y.C)
		}
		for i, v := range y.Data {
			pixel := i / 2 % len(c.want)
			want := c.want[pixel] * []float32{1, 10}[i/2/len(c.want)] * []float32{1, -1}[i%2]
			if math.Abs(float64(v-want)) > 1e-5 {
				t.Errorf("%dx%d to %dx%d: element %d is %v; want %v", c.h, c.w, c.toH, c.toW, i, v, want)
			}
		}
	}
}

// Zeros and resized pictures get no gradient, and what is added to zeros goes on.
func TestNoGradientBehindZerosAndPictures(t *testing.T) {
	e, err := ops.NewExec(ops.Config{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	w := ops.NewDense("w", 3, 2, 1, 1, 1)
	w.Fill(0.5)
	e.Begin(true)
	x := ops.Resize(e, e.Input(1, 2, 2, 2, []float32{1, 2, 3, 4, 5, 6, 7, 8}), 3, 3)
	y := ops.GlobalAvgPool(e, ops.Conv(e, x, ops.ConvSpec{W: w.All(), S: 1}))
	y = ops.Add(e, ops.NoAct, []*ops.Tensor{y, ops.Zeros(e, y)})
	if loss := ops.CrossEntropy(e, y, []int32{1}, 0); math.Abs(loss-math.Log(3)) > 1e-6 {
		t.Errorf("loss %v; want that of equal logits", loss)
	}
	e.Backward()
	for i := range 3 {
		for k := range 2 {
			want := (1./3 - map[bool]float64{true: 1}[i == 1]) * []float64{4, 5}[k] // mean of the channel
			if got := float64(w.Grad[w.Index(i, k, 0, 0)]); math.Abs(got-want) > 1e-5 {
				t.Errorf("gradient of output %d, channel %d is %v; want %v", i, k, got, want)
			}
		}
	}
}
