package kernel

const (
	// gradGroups is the most groups that the images of a weight gradient are cut
	// into. A group has sums of its own, so that one worker keeps its images in
	// its cache; the sums are added by treeReduction.
	gradGroups = 8
	// groupBytes is about how much the sums of all groups may take.
	groupBytes = 4 << 20
	// groupPixels is the least number of pixels of a group: clearing its sums and
	// adding them up costs as much as some dozens of pixels.
	groupPixels = 256
)

// groupsOf returns how many groups images are cut into, with so many output
// pixels in all, for sums of so many floats. It depends on the layer and the
// batch only.
func groupsOf(images, pixels, floats int) int {
	return max(1, min(gradGroups, images, pixels/groupPixels, groupBytes/(4*floats)))
}

// ownFloats returns the floats of the window of c stored by itself,
// [G][blocks][KH*KW][in][16].
func (c Conv) ownFloats() int { return c.G * c.blocks() * c.KH * c.KW * (c.InC / c.G) * Block }

// own returns c with a weight of its own, as ownFloats says.
func (c Conv) own() Conv {
	c.WKH, c.WKW, c.WInC = c.KH, c.KW, c.InC
	return c
}

// shares returns the number of shares into which to cut the work of each group.
func (e *Engine) shares(groups, work int) int {
	if groups >= 2*e.Pool.Workers() {
		return 1
	}
	return parts(e.units(work), groups)
}

// sumTask adds the groups' sums of a dense weight gradient to dw, each of which
// is the gradient of a window stored by itself. A chunk is one tap of one block.
type sumTask struct {
	treeReduction
	vec  *Vec
	c    Conv
	sums []float32 // [groups][floats]
	dw   []float32

	floats, stride int // of a group's sums; of a block of dw
}

// reserve makes memory for the sums of n groups, which hold anything, each of
// which is done in so many shares.
func (t *sumTask) reserve(e *Engine, n, shares int, c Conv, dw []float32) {
	t.begin(n, shares)
	t.vec, t.c, t.dw = e.Set.Vec(), c, dw
	t.floats, t.stride = c.ownFloats(), c.blockStride()
	t.sums = aligned(t.sums, n*t.floats)
}

// merge adds the sums of a group to those of another.
func (t *sumTask) merge(to, from int) { t.vec.Add(t.group(to), t.group(from), t.group(to)) }

// group returns the sums of group g.
func (t *sumTask) group(g int) []float32 { return t.sums[g*t.floats:][:t.floats] }

// run adds both halves' sums to dw.
func (t *sumTask) run(e *Engine) {
	e.run(t.c.G*t.c.blocks()*t.c.KH*t.c.KW, 2*floatFLOPs*t.c.ownFloats(), t)
}

// Do implements Task.
func (t *sumTask) Do(i, _ int) {
	c := t.c
	n := c.InC / c.G * Block
	s := t.sums[i*n:][:n]
	if g := t.second(); g > 0 {
		t.vec.Add(s, t.group(g)[i*n:][:n], s)
	}
	b, k := i/(c.KH*c.KW), i%(c.KH*c.KW)
	_, _, lanes := c.block(b)
	dw := t.dw[b*t.stride+c.tap(k/c.KW, k%c.KW):][:n]
	if lanes == Block {
		t.vec.Add(dw, s, dw)
		return
	}
	for j := 0; j < n; j += Block {
		for l := range lanes {
			dw[j+l] += s[j+l]
		}
	}
}
