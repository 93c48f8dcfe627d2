package data

import (
	"errors"
	"fmt"
)

// Loader turns a set into batches. It holds no state that changes: any number of goroutines may call its methods, each
// with its own Batch.
type Loader struct {
	set    *Set
	norm   Normalization
	tables [][256]float32 // [C]: normalised value of each pixel value; nil: too many channels to keep them near
	aug    Augment
	batch  int
	seed   uint64
	even   *classOrder // classes are shown equally often; nil: every picture once in an epoch
}

// CheckLoader reports every reason why NewLoader would refuse its arguments.
func CheckLoader(s *Set, norm Normalization, aug Augment, batch int) error {
	if err := s.Validate(); err != nil {
		return err
	}
	errs := []error{aug.Validate(s.H, s.W)}
	if s.Len() == 0 {
		errs = append(errs, errors.New("data: the set is empty, expected at least one picture"))
	}
	if batch < 1 {
		errs = append(errs, fmt.Errorf("data: batch of %d pictures, expected at least 1", batch))
	}
	if len(norm.Mean) != s.C || len(norm.Std) != s.C {
		errs = append(errs, fmt.Errorf("data: normalisation has %d means and %d deviations, expected %d of each",
			len(norm.Mean), len(norm.Std), s.C))
	}
	for c, std := range norm.Std {
		if !(std > 0) {
			errs = append(errs, fmt.Errorf("data: standard deviation of channel %d is %v, expected more than 0", c, std))
		}
	}
	return errors.Join(errs...)
}

// NewLoader returns a loader of s in batches of batch pictures. Arguments that come from a user should pass CheckLoader
// first: NewLoader panics where that returns an error.
func NewLoader(s *Set, norm Normalization, aug Augment, batch int, seed uint64) *Loader {
	if CheckLoader(s, norm, aug, batch) != nil {
		panic("data: NewLoader: arguments do not pass CheckLoader")
	}
	l := &Loader{set: s, norm: norm, aug: aug, batch: batch, seed: seed}
	if s.C <= tabled {
		l.tables = norm.tables()
	}
	return l
}

// NewBalancedLoader returns a loader as NewLoader does, whose epochs show every class that has pictures equally often, to
// the nearest picture: those of small classes several times, each time varied anew, those of large ones in turns. An
// epoch has as many batches as without it.
func NewBalancedLoader(s *Set, norm Normalization, aug Augment, batch int, seed uint64) *Loader {
	l := NewLoader(s, norm, aug, batch, seed)
	l.even = newClassOrder(s)
	return l
}

// Set returns the set that l reads.
func (l *Loader) Set() *Set { return l.set }

// Batches returns the number of batches of an epoch. Every batch is full: the pictures left over sit out the epoch,
// others in each. It is 0 when the set is smaller than a batch.
func (l *Loader) Batches() int { return l.set.Len() / l.batch }

// Fill writes batch index of an epoch into b, shuffled and augmented. What it writes is a function of the loader's
// arguments and of (epoch, index). It allocates nothing once b is big enough, and panics unless epoch >= 0 and
// 0 <= index < Batches().
func (l *Loader) Fill(b *Batch, epoch, index int) {
	if epoch < 0 || index < 0 || index >= l.Batches() {
		panic("data: Loader.Fill: epoch or index out of range")
	}
	b.resize(l.set, l.batch)
	if l.even != nil {
		l.fillEven(b, epoch, index)
		return
	}
	pictures := newOrder(l.seed, epoch, l.set.Len())
	for k := range l.batch {
		i := pictures.at(index*l.batch + k)
		l.put(b, k, i, l.aug.draw(l.seed, epoch, i, l.set.H, l.set.W), &b.scratch)
	}
}

// fillEven is Fill of a balanced loader. A picture that an epoch shows several times is
// varied each time as in an epoch of its own.
func (l *Loader) fillEven(b *Batch, epoch, index int) {
	pass, aug := l.even.pass(l.seed, epoch), l.aug
	if aug.Until > 0 && epoch >= aug.Until {
		aug = Augment{}
	}
	aug.Until = 0
	for k := range l.batch {
		i, before := l.even.at(l.seed, epoch, pass.at(index*l.batch+k))
		l.put(b, k, i, aug.draw(l.seed, before, i, l.set.H, l.set.W), &b.scratch)
	}
}

// Sequential writes the n pictures from first on into b, in stored order and not augmented. It allocates nothing once b
// is big enough, and panics unless 0 <= first, 0 <= n and first+n <= Set().Len().
func (l *Loader) Sequential(b *Batch, first, n int) {
	if first < 0 || n < 0 || n > l.set.Len()-first {
		panic("data: Loader.Sequential: pictures out of range")
	}
	b.resize(l.set, n)
	if l.set.Streamed() {
		l.sequentialStreamed(b, first)
		return
	}
	for k := range n {
		l.put(b, k, first+k, variation{}, &b.scratch)
	}
}

// sequentialStreamed reads the pictures of a batch on all processors.
func (l *Loader) sequentialStreamed(b *Batch, first int) {
	errs := make([]error, b.N)
	parallel(b.N, func(k int) {
		part := *b // with an error of its own
		buf := l.set.disk.bufs.Get().(*[]uint8)
		l.put(&part, k, first+k, variation{}, buf)
		l.set.disk.bufs.Put(buf)
		errs[k] = part.Err
	})
	for _, err := range errs {
		if b.Err == nil {
			b.Err = err
		}
	}
}

// put writes picture i, varied by v, to place k of b. buf holds what is read from a file.
func (l *Loader) put(b *Batch, k, i int, v variation, buf *[]uint8) {
	b.Labels[k], b.Index[k] = int32(l.set.Labels[i]), int32(i)
	line := l.set.W * l.set.C
	dst := b.X[k*l.set.H*line : (k+1)*l.set.H*line]
	src, grown, err := l.set.Read(i, *buf)
	if *buf = grown; err != nil {
		b.Err = err
		return
	}
	for y := range l.set.H {
		row := dst[y*line : (y+1)*line]
		from := y + v.dy
		if l.aug.Reflect {
			from = reflected(from, l.set.H)
		}
		if from >= 0 && from < l.set.H {
			l.putRow(row, src[from*line:(from+1)*line], v)
		} else {
			l.padRow(row)
		}
	}
	for _, hole := range v.holes {
		l.erase(dst, hole)
	}
}

// putRow equals, with src 0 outside of the picture, or reflected,
//
//	for x := range W { dst[x] = table(src[x + v.dx]) }
//
// and the mirror image of that when v.flip is set.
func (l *Loader) putRow(dst []float32, src []uint8, v variation) {
	w, c := l.set.W, l.set.C
	lo, hi := max(0, -v.dx), min(w, w-v.dx)
	to, step := 0, c
	if v.flip {
		to, step = (w-1)*c, -c
	}
	switch {
	case v.dx == 0:
	case l.aug.Reflect:
		for _, side := range [2][2]int{{0, lo}, {hi, w}} {
			for x := side[0]; x < side[1]; x++ {
				from := reflected(x+v.dx, w) * c
				for ch := range c {
					dst[to+x*step+ch] = l.value(ch, src[from+ch])
				}
			}
		}
	default:
		l.padRow(dst)
	}
	if l.tables == nil {
		for x := lo; x < hi; x++ {
			row, from := dst[to+x*step:][:c], src[(x+v.dx)*c:][:c]
			for ch := range row {
				row[ch] = l.norm.value(ch, from[ch])
			}
		}
		return
	}
	for ch := range l.tables {
		table := &l.tables[ch]
		at := to + lo*step + ch
		for from := (lo+v.dx)*c + ch; from < (hi+v.dx)*c; from += c {
			dst[at] = table[src[from]]
			at += step
		}
	}
}

// reflected returns which of n pixels stands at place i, -n < i < 2n-1, where there are mirrors at both ends.
func reflected(i, n int) int {
	switch {
	case i < 0:
		return -i
	case i >= n:
		return 2*(n-1) - i
	}
	return i
}

// value returns what stands for a pixel value of a channel.
func (l *Loader) value(ch int, v uint8) float32 {
	if l.tables == nil {
		return l.norm.value(ch, v)
	}
	return l.tables[ch][v]
}

func (l *Loader) padRow(dst []float32) {
	for ch := range l.set.C {
		pad := l.value(ch, 0)
		for at := ch; at < len(dst); at += l.set.C {
			dst[at] = pad
		}
	}
}

// erase zeroes a rectangle, as far as it lies in the picture.
func (l *Loader) erase(dst []float32, r rect) {
	w, c := l.set.W, l.set.C
	lo, hi := max(0, r.left), min(w, r.left+r.w)
	for y := max(0, r.top); y < min(l.set.H, r.top+r.h); y++ {
		clear(dst[(y*w+lo)*c : (y*w+hi)*c])
	}
}
