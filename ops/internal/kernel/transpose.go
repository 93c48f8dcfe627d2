package kernel

import "unsafe"

// transposeTask lays the window of a dense weight out for backward data:
// dst[G][blocks of in][K*K][out][16]; lanes beyond in hold anything. A chunk is
// one tap of one block.
type transposeTask struct {
	c       Conv
	tiles   *tiles
	w, dst  []float32
	workers []transposeWorker
}

// transposeWorker is the memory of one worker.
type transposeWorker struct {
	tile   gatherTile
	square [Block * Block]float32 // that does not all fit in dst
	_      padding
}

// runTranspose returns the transposed window, valid until the next call.
func (e *Engine) runTranspose(c Conv, w []float32) []float32 {
	t := &e.transpose
	n := c.G * parts(c.InC/c.G, Block)
	t.workers = grown(t.workers, e.Pool.Workers())
	t.c, t.tiles, t.w, t.dst = c, e.Set.tiles, w, aligned(t.dst, n*c.K*c.K*(c.OutC/c.G)*Block)
	e.run(n*c.K*c.K, 2*floatFLOPs*len(t.dst), t)
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
		t.tile(src, dst[o*Block:], min(Block, in-first), min(Block, out-o), worker)
	}
}

// tile computes d[j][i] = s[i][j] for in rows and out columns of s.
func (t *transposeTask) tile(s, d []float32, in, out, worker int) {
	if len(s) < Block*Block { // the last block of the weight, of fewer rows
		transposePart(s, d, in, out)
		return
	}
	k, to := &t.workers[worker], d
	if len(d) < Block*Block {
		to = k.square[:]
	}
	a := &k.tile
	a.src, a.dst = at(s, 0), at(to, 0)
	t.tiles.transpose((*byte)(unsafe.Pointer(a)))
	if len(d) < Block*Block {
		copy(d[:out*Block], to)
	}
}

// transposePart is tile in plain Go.
func transposePart(s, d []float32, in, out int) {
	for j := range out {
		row := d[j*Block:][:Block]
		clear(row)
		for i := range in {
			row[i] = s[i*Block+j]
		}
	}
}
