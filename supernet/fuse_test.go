package supernet

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/espalier-nas/espalier/supernet/space"
)

// What is fused follows from the plan alone: sums with convolutions that nothing else reads
// and that head the list, norms whose output the next convolution reads.
func TestFuse(t *testing.T) {
	picture := space.Picture(space.Input{H: 8, W: 8, C: 4, Classes: 3})
	raw := func(b *space.Planner, x space.Map, name string) space.Map {
		return b.Conv(x, space.ConvSpec{Weight: name, K: space.Square(3), S: 1, OutC: 4})
	}
	normed := func(b *space.Planner, x space.Map, name string) space.Map {
		return b.Conv(x, space.ConvSpec{Weight: name, Norm: name + "/norm", K: space.Square(3), S: 1, OutC: 4})
	}
	for name, c := range map[string]struct {
		build func(b *space.Planner)
		want  []fusion
	}{
		"two convolutions with a norm": {func(b *space.Planner) {
			b.Add("norm", space.ReLU, raw(b, picture, "a"), raw(b, picture, "b"))
		}, []fusion{{accumulates: true}, {accumulates: true}, {normed: true}}},
		"a convolution and another step's output": {func(b *space.Planner) {
			x := b.Pool(picture, space.MaxPool, space.Square(3), 1)
			b.Add("", space.ReLU, raw(b, x, "a"), x)
		}, []fusion{{}, {accumulates: true}, {residual: true}}},
		"the same with a norm": {func(b *space.Planner) {
			x := b.Pool(picture, space.MaxPool, space.Square(3), 1)
			b.Add("norm", space.ReLU, raw(b, x, "a"), x)
		}, []fusion{{}, {accumulates: true}, {}}},
		"behind another output": {func(b *space.Planner) {
			x := b.Pool(picture, space.MaxPool, space.Square(3), 1)
			b.Add("", space.ReLU, x, raw(b, x, "a"))
		}, []fusion{{}, {}, {}}},
		"read twice": {func(b *space.Planner) {
			x := raw(b, picture, "a")
			b.Add("", space.NoAct, x, b.Add("", space.ReLU, x, x))
		}, []fusion{{}, {}, {}}},
		"activated": {func(b *space.Planner) {
			x := b.Conv(picture, space.ConvSpec{Weight: "a", K: space.Square(3), S: 1, OutC: 4, Act: space.ReLU})
			b.Add("", space.NoAct, x, picture)
		}, []fusion{{}, {}}},
		"a second bias": {func(b *space.Planner) {
			x, y := raw(b, picture, "a"), raw(b, picture, "b")
			b.Plan[0].Bias, b.Plan[1].Bias = true, true
			b.Add("", space.NoAct, x, y)
		}, []fusion{{accumulates: true}, {}, {residual: true}}},
		"norm after norm": {func(b *space.Planner) {
			x := normed(b, normed(b, picture, "a"), "b")
			b.Pool(x, space.MaxPool, space.Square(3), 1)
		}, []fusion{{deferred: true}, {}, {}}},
		"norm, read by the step after the next": {func(b *space.Planner) {
			x := normed(b, picture, "a")
			b.Pool(x, space.MaxPool, space.Square(3), 1)
			normed(b, x, "b")
		}, []fusion{{}, {}, {}}},
		"a sum's norm before a convolution": {func(b *space.Planner) {
			normed(b, b.Add("norm", space.ReLU, raw(b, picture, "a"), raw(b, picture, "b")), "c")
		}, []fusion{{accumulates: true}, {accumulates: true}, {normed: true, deferred: true}, {}}},
	} {
		b := space.NewPlanner(4)
		c.build(b)
		if diff := cmp.Diff(c.want, fuse(b.Plan), cmp.AllowUnexported(fusion{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
