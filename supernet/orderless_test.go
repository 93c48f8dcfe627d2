package supernet

import (
	"context"
	"slices"
	"testing"

	"github.com/espalier-nas/espalier/supernet/space"
)

// What a subnet scores depends neither on the others that are evaluated with it, nor on their
// order, nor on the number of workers; what a network scores not on the batch that its
// pictures come in.
func TestScoresDependOnNeitherBatchNorOrder(t *testing.T) {
	c, ctx := smallChain(t), context.Background()
	net := New(c, 3)
	var archs []space.Arch
	for i := range uint64(6) {
		archs = append(archs, c.Space().Random(newRand(i)))
	}
	var want []Score
	var alone *Score
	for _, workers := range []int{1, 2, 3, 8} {
		e := exec(t, workers)
		got, err := evaluator(t, e, net).Evaluate(ctx, archs)
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = got
		}
		backwards := slices.Clone(archs)
		slices.Reverse(backwards)
		back, err := evaluator(t, e, net).Evaluate(ctx, backwards)
		if err != nil {
			t.Fatal(err)
		}
		slices.Reverse(back)
		if !slices.Equal(got, want) || !slices.Equal(back, want) {
			t.Errorf("%d workers: scores %v, backwards %v; want %v", workers, got, back, want)
		}
		n, err := evaluator(t, e, net).Deploy(ctx, archs[0], Label{Classes: shapes(3, 1).Classes})
		if err != nil {
			t.Fatal(err)
		}
		for _, batch := range []int{1, 7, 16, 50} {
			s, err := n.Score(ctx, e, shapes(50, 2), batch)
			if err != nil {
				t.Fatal(err)
			}

			if alone == nil {
				alone = &s
			}
			if s != *alone {
				t.Errorf("%d workers, batches of %d: score %v; want %v", workers, batch, s, *alone)
			}
		}
	}
}
