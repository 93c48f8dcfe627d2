package kernel

import "unsafe"

// transposed is the window of a dense weight laid out for backward data:
// [G][blocks of in][KH*KW][out][16]; lanes beyond in hold anything.
type transposed struct {
	c       Conv
	tiles   *tiles
	w       []float32
	pass    uint64 // counts the weights laid out
	workers []transposer
}

// transposer is the memory of one worker.
type transposer struct {
	tile   gatherTile
	square [Block * Block]float32 // that does not all fit in dst
	dst    []float32
	pass   uint64 // that dst and packed are of
	packed packCache
	_      padding
}

// transposed returns the transposed window, valid until the next call.
func (e *Engine) transposed(c Conv, w []float32) *transposed {
	t := &e.transpose
	t.c, t.tiles, t.w = c, e.Set.tiles, w
	t.pass++
	t.workers = grown(t.workers, e.Pool.Workers())
	return t
}

// stride returns the floats from block to block.
func (t *transposed) stride() int { return t.c.KH * t.c.KW * (t.c.OutC / t.c.G) * Block }

// blocks implements weights.
func (t *transposed) blocks(worker, first, n int) []float32 {
	k := &t.workers[worker]
	if k.pass != t.pass {
		n := t.c.G * parts(t.c.InC/t.c.G, Block)
		k.pass, k.dst = t.pass, aligned(k.dst, n*t.stride())
		k.packed.begin(n)
	}
	for b := first; b < first+n; b++ {
		if k.packed.miss(b) {
			t.block(k, b)
		}
	}
	return k.dst[first*t.stride():]
}

func (t *transposed) worth() int { return 1 } // each would lay out all

// block lays out block b of all groups' input channels.
func (t *transposed) block(k *transposer, b int) {
	c := t.c
	in, out := c.InC/c.G, c.OutC/c.G
	blocks := parts(in, Block)
	g, first := b/blocks, b%blocks*Block
	dst := k.dst[b*t.stride():][:t.stride()]
	for tap := range c.KH * c.KW {
		d := dst[tap*out*Block:][:out*Block]
		for o := 0; o < out; o += Block {
			src := t.w[(g*c.blocks()+o/Block)*c.blockStride()+c.tap(tap/c.KW, tap%c.KW)+first*Block:]
			t.square(k, src, d[o*Block:], min(Block, in-first), min(Block, out-o))
		}
	}
}

// square computes d[j][i] = s[i][j] for in rows and out columns of s.
func (t *transposed) square(k *transposer, s, d []float32, in, out int) {
	if len(s) < Block*Block { // the last block of the weight, of fewer rows
		transposePart(s, d, in, out)
		return
	}
	to := d
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

// transposePart is square in plain Go.
func transposePart(s, d []float32, in, out int) {
	for j := range out {
		row := d[j*Block:][:Block]
		clear(row)
		for i := range in {
			row[i] = s[i*Block+j]
		}
	}
}
