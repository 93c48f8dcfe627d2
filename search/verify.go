package search

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/espalier-nas/espalier/internal/stream"
	"github.com/espalier-nas/espalier/supernet"
	"github.com/espalier-nas/espalier/supernet/data"
	"github.com/espalier-nas/espalier/supernet/onnx"
	"github.com/espalier-nas/espalier/supernet/space"
)

// VerifyOptions say how much Verify looks at.
type VerifyOptions struct {
	Count       int // architectures
	Pictures    int // of the validation split, for each
	Interpreted int // of these, for the interpreter, which is slow
}

// Verified is what Verify has seen.
type Verified struct {
	Count, Pictures, Interpreted int
	ONNX                         float64 // largest difference of a logit of an ONNX model from the view's, as a share of the picture's largest
	Interpreter                  float64 // of the interpreted model from the model as this program runs it
	Close                        int     // pictures whose class the model tells otherwise, the two being nearer than Tolerance
}

// Tolerance bounds the differences that Verify accepts: folding batch norms into
// convolutions rounds otherwise.
const Tolerance = 1e-4

// Verify checks the contract of extraction for random architectures: the file of a network
// that was cut out gives the logits of its view in the supernet to the bit, the ONNX model
// the same to Tolerance and the same class for every picture, and the nodes of that model,
// interpreted one by one, the same again. tell is called after each architecture. The first
// breach is an error that names the architecture and how to repeat it.
func (r *Run) Verify(ctx context.Context, o VerifyOptions, tell func(done int)) (Verified, error) {
	o.Pictures = min(o.Pictures, r.splits.Val.Len())
	o.Interpreted = min(o.Interpreted, o.Pictures)
	v := Verified{Count: o.Count, Pictures: o.Pictures, Interpreted: o.Interpreted}
	folder, err := os.MkdirTemp("", "espalier-verify-*")
	if err != nil {
		return v, err
	}
	defer os.RemoveAll(folder)
	set, err := r.splits.Val.First(o.Pictures).Load()
	if err != nil {
		return v, err
	}
	rng, s := stream.New(r.cfg.Seed, "verify"), r.family.Space()
	for i := range o.Count {
		a := s.Random(rng)
		if err := r.verify(ctx, a, set, o, folder, &v); err != nil {
			return v, fmt.Errorf("architecture %d of seed %d, %s: %w", i+1, r.cfg.Seed, s.Format(a), err)
		}
		tell(i + 1)
	}
	return v, nil
}

func (r *Run) verify(ctx context.Context, a space.Arch, set *data.Set, o VerifyOptions, folder string, v *Verified) error {
	view, err := r.final.Logits(ctx, a, set)
	if err != nil {
		return err
	}
	n, err := r.Deploy(ctx, a)
	if err != nil {
		return err
	}
	path, model := filepath.Join(folder, "network.msgpack"), filepath.Join(folder, "network.onnx")
	if err := n.Save(path); err != nil {
		return err
	}
	if n, err = supernet.LoadNetwork(path); err != nil {
		return err
	}
	file, err := n.Logits(ctx, r.exec, set, r.cfg.Evaluate.Batch)
	if err != nil {
		return err
	}
	for i := range view {
		if file[i] != view[i] {
			k := len(set.Classes)
			return fmt.Errorf("picture %d, class %d: the file's logit is %v, the view's %v; want the same bits", i/k, i%k, file[i], view[i])
		}
	}
	if err := onnx.Save(model, n.Fold()); err != nil {
		return err
	}
	w, err := onnx.Load(model)
	if err != nil {
		return err
	}
	read, err := w.Logits(ctx, r.exec, set, r.cfg.Evaluate.Batch)
	if err != nil {
		return err
	}
	if v.ONNX, err = compareLogits(view, read, len(set.Classes), v.ONNX, &v.Close); err != nil {
		return fmt.Errorf("the ONNX model: %w", err)
	}
	text, err := os.ReadFile(model)
	if err != nil {
		return err
	}
	interpreted, err := onnx.Interpret(bytes.NewReader(text), planar(set, o.Interpreted), o.Interpreted)
	if err != nil {
		return err
	}
	if v.Interpreter, err = compareLogits(read[:len(interpreted)], interpreted, len(set.Classes), v.Interpreter, nil); err != nil {
		return fmt.Errorf("the ONNX model, its nodes one by one: %w", err)
	}
	return nil
}

// compareLogits returns the largest difference between two lists of logits of k classes, as
// a share of the largest logit of the picture, or worst if that is larger. Another class is
// an error unless the two are closer than the tolerance; then close counts it.
func compareLogits(want, have []float32, k int, worst float64, close *int) (float64, error) {
	for i := 0; i < len(want); i += k {
		a, b := want[i:i+k], have[i:i+k]
		size := 0.0
		for _, x := range a {
			size = max(size, math.Abs(float64(x)))
		}
		for c := range a {
			d := math.Abs(float64(a[c])-float64(b[c])) / max(size, 1e-6)
			if !(d <= Tolerance) {
				return worst, fmt.Errorf("picture %d, class %d: logit %v; want %v, at most %g of the largest away", i/k, c, b[c], a[c], Tolerance)
			}
			worst = max(worst, d)
		}
		at, other := slices.Index(a, slices.Max(a)), slices.Index(b, slices.Max(b))
		if at == other {
			continue
		}
		if float64(a[at]-a[other]) > 2*Tolerance*size {
			return worst, fmt.Errorf("picture %d: class %d; want %d", i/k, other, at)
		}
		if close != nil {
			*close++
		}
	}
	return worst, nil
}

// planar returns the first n pictures of a set as models want them: pixels divided by 255,
// batch, channels, height, width.
func planar(set *data.Set, n int) []float32 {
	x := make([]float32, 0, n*set.C*set.H*set.W)
	for i := range n {
		pix := set.Image(i)
		for c := range set.C {
			for p := c; p < len(pix); p += set.C {
				x = append(x, float32(pix[p])/255)
			}
		}
	}
	return x
}
