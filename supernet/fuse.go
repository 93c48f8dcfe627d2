package supernet

import "github.com/espalier-nas/espalier/supernet/space"

// fusion says how a step of a plan is computed together with others. The zero value is a
// step by itself.
type fusion struct {
	accumulates bool // a convolution that a sum computes in place, adding to what is there
	residual    bool // a sum without norm of one such convolution and outputs of other steps
	normed      bool // a sum with a norm, of such convolutions only, two at least
	deferred    bool // a norm whose output is left to the next step to compute
}

// fuse returns how the steps of a plan are computed together. It reads the plan alone: what
// is fused computes the same bits as what is not.
func fuse(p space.Plan) []fusion {
	fused := make([]fusion, len(p))
	accumulate(p, fused)
	for i := range len(p) - 1 {
		next := &p[i+1]
		fused[i].deferred = p[i].Norm != "" && p[i].Path == 0 && next.Norm != "" && next.Layer.Op == space.Conv && next.In[0] == i
	}
	return fused
}

// accumulate marks the convolutions that do nothing but add to one sum and head its list of
// inputs, so that adding them in place keeps the order of the sum, and the sums that are
// computed with theirs. Only the first may have a bias.
func accumulate(p space.Plan, fused []fusion) {
	readers := make([]int, len(p))
	for _, t := range p {
		for _, j := range t.In {
			if j != space.Image {
				readers[j]++
			}
		}
	}
	for i, t := range p {
		if t.Layer.Op != space.Add {
			continue
		}
		n := 0
		for k, j := range t.In {
			if j == space.Image || readers[j] != 1 || !raw(&p[j]) || (k > 0 && p[j].Bias) {
				break
			}
			fused[j].accumulates = true
			n++
		}
		fused[i].residual = t.Norm == "" && len(t.In) > 1 && n == 1
		fused[i].normed = t.Norm != "" && len(t.In) > 1 && n == len(t.In)
	}
}

// raw reports whether a step is a convolution without norm and activation whose output
// nothing else changes.
func raw(s *space.Step) bool {
	return s.Layer.Op == space.Conv && s.Norm == "" && s.Layer.Act == space.NoAct && s.Path == 0
}
