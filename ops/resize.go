package ops

// resizeNode turns pictures into pictures of another size.
type resizeNode struct {
	x, y       *Tensor
	rows, cols []blend
}

// blend says which two neighbours make up one row or column of the output, and how much
// the second of them counts, from 0 to 1.
type blend struct {
	first, second int
	share         float32
}

// Resize returns pictures of h x w pixels made from x by linear interpolation between the
// middles of pixels, as ONNX's Resize does with half_pixel and PyTorch's interpolate
// without align_corners. It is for pictures: no gradient goes back to x. It panics unless
// h and w are at least 1.
func Resize(e *Exec, x *Tensor, h, w int) *Tensor {
	if h < 1 || w < 1 {
		panic("ops: Resize: no pixels")
	}
	if h == x.H && w == x.W {
		return x
	}
	y := e.New(x.N, h, w, x.C)
	y.grads = nil
	n := next(e, &e.nodes.resize)
	*n = resizeNode{x: x, y: y, rows: blends(n.rows[:0], x.H, h), cols: blends(n.cols[:0], x.W, w)}
	e.run(x.N, n)
	return y
}

// blends appends to dst which of n pixels in a row make up each of m.
func blends(dst []blend, n, m int) []blend {
	for i := range m {
		at := (float64(i)+0.5)*float64(n)/float64(m) - 0.5
		at = max(0, min(at, float64(n-1)))
		first := int(at)
		dst = append(dst, blend{first, min(first+1, n-1), float32(at - float64(first))})
	}
	return dst
}

// Do resizes one picture.
func (n *resizeNode) Do(img, _ int) {
	x, y, c := n.x, n.y, n.x.C
	row := x.W * c
	from, to := x.Data[img*x.H*row:][:x.H*row], y.Data[img*y.H*y.W*c:]
	for _, r := range n.rows {
		top, bottom := from[r.first*row:][:row], from[r.second*row:][:row]
		for _, s := range n.cols {
			for k := range c {
				a, b := s.first*c+k, s.second*c+k
				left := top[a] + r.share*(bottom[a]-top[a])
				right := top[b] + r.share*(bottom[b]-top[b])
				to[k] = left + s.share*(right-left)
			}
			to = to[c:]
		}
	}
}
