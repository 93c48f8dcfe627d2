package kernel

// pixelTable tells where the pixels of a unit read and write, in floats from the
// unit's first. Shorter units use a prefix of it.
type pixelTable struct{ x, y []uint32 }

// pixelKey is all that a pixelTable depends on.
type pixelKey struct {
	imgs, rows, cols, step int
	h, w, channels         int // of what is read
	oh, ow, outStep, outC  int // of what is written
}

// pixelTables keeps the tables of the shapes met.
type pixelTables map[pixelKey]pixelTable

// mostTables is how many tables are kept: making one takes about as long as a
// small layer.
const mostTables = 1024

// of returns the table of r's units, with pixels of channels floats to read.
func (t *pixelTables) of(r *correlation, channels int) pixelTable {
	k := pixelKey{r.unitImgs, r.unitRows, r.cols, r.step, r.windowRows(r.unitRows), r.winW, channels, r.oh, r.ow, r.outStep, r.outC}
	if r.inPlace {
		k.h, k.w = r.h, r.w
	}
	p, ok := (*t)[k]
	if ok {
		return p
	}
	if *t == nil || len(*t) >= mostTables {
		*t = pixelTables{}
	}
	p = k.table()
	(*t)[k] = p
	return p
}

func (k pixelKey) table() pixelTable {
	n := k.imgs * k.rows * k.cols
	t := pixelTable{make([]uint32, 0, n), make([]uint32, 0, n)}
	for img := range k.imgs {
		for row := range k.rows {
			for col := range k.cols {
				t.x = append(t.x, uint32(((img*k.h+row*k.step)*k.w+col*k.step)*k.channels))
				t.y = append(t.y, uint32(((img*k.oh+row*k.outStep)*k.ow+col*k.outStep)*k.outC))
			}
		}
	}
	return t
}
