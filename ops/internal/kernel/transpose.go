package kernel

import "unsafe"

// transposeTask lays the window of a dense weight out for backward data:
// dst[G][blocks of in][K*K][out][16], lanes beyond in zero. A chunk is one tap
// of one block.
type transposeTask struct {
	c      Conv
	tiles  *tiles
	w, dst []float32
	args   []gatherTile
}

// runTranspose returns the transposed window, valid until the next call.
func (e *Engine) runTranspose(c Conv, w []float32) []float32 {
	t := &e.transpose
	n := c.G * parts(c.InC/c.G, Block)
	t.args = grown(t.args, e.Pool.Workers())
	t.c, t.tiles, t.w, t.dst = c, e.Set.tiles, w, aligned(t.dst, n*c.K*c.K*(c.OutC/c.G)*Block)
	e.Pool.Run(n*c.K*c.K, t)
	return t.dst
}

// Do implements Task.
func (t *transposeTask) Do(i, worker int) {
	c := t.c
	in, out := c.InC/c.G, c.OutC/c.G
	blocks := parts(in, Block)
	b, k := i/(c.K*c.K), i%(c.K*c.K)
	g, first := b/blocks, b%blocks*Block
	dst := t.dst[i*out*Block:][:out*Block]
	for o := 0; o < out; o += Block {
		src := t.w[(g*c.blocks()+o/Block)*c.blockStride()+c.tap(k/c.K, k%c.K)+first*Block:]
		if d := dst[o*Block:]; len(d) >= Block*Block && in-first >= Block {
			a := &t.args[worker]
			a.src, a.dst = at(src, 0), at(d, 0)
			t.tiles.transpose((*byte)(unsafe.Pointer(a)))
		} else {
			transposePart(src, d, min(Block, in-first), min(Block, out-o))
		}
	}
}

// transposePart computes d[j][i] = s[i][j] for in rows and out columns of s, the
// rest of d's columns zero.
func transposePart(s, d []float32, in, out int) {
	for j := range out {
		row := d[j*Block:][:Block]
		clear(row)
		for i := range in {
			row[i] = s[i*Block+j]
		}
	}
}
