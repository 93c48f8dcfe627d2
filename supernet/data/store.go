package data

import (
	"hash/maphash"
	"runtime"
	"sync"
	"sync/atomic"
)

// store reads pictures of one shape from their files when they are asked for, and keeps the first ones asked for in
// memory, up to a bound. Those are never given up for others: training shows every picture once in an epoch, in a new
// order each time, so no other choice is asked for more often. Any number of goroutines may read.
type store struct {
	shape  pictureShape
	view   View
	size   int      // bytes of a picture
	files  []string // by number
	hashes []uint64 // of the pixels as they were when the data set was opened
	seed   maphash.Seed
	stop   func() error // ends Each; nil: nothing does

	bufs sync.Pool // of *[]uint8, a picture each

	slab []uint8        // of kept pictures, one after the other
	next atomic.Int64   // first free place of slab
	kept []atomic.Int32 // by number: 1 + place in slab, or one of the following
}

const (
	keptNot   = 0  // is not kept so far
	keptNever = -1 // is being read, or there was no place
)

// newStore returns a store that keeps as many pictures as fit into so many bytes.
func newStore(shape pictureShape, v View, bytes int64) *store {
	s := &store{shape: shape, view: v, size: shape.h * shape.w * shape.c, seed: maphash.MakeSeed()}
	s.bufs.New = func() any { buf := make([]uint8, s.size); return &buf }
	s.slab = make([]uint8, bytes/int64(s.size)*int64(s.size))
	return s
}

// add makes room for pictures in so many files and returns the number of the first.
func (s *store) add(files []listedPicture) int {
	first := len(s.files)
	for _, f := range files {
		s.files = append(s.files, f.path)
	}
	s.hashes = append(s.hashes, make([]uint64, len(files))...)
	s.kept = make([]atomic.Int32, len(s.files)) // nothing is kept before all parts are there
	return first
}

// read returns picture i, in memory that must not be changed or in buf, which is grown.
func (s *store) read(i int, buf []uint8) (pix, grown []uint8, err error) {
	if at := s.kept[i].Load(); at > 0 {
		return s.place(at), buf, nil
	}
	if cap(buf) < s.size {
		buf = make([]uint8, s.size)
	}
	buf = buf[:s.size]
	if v := s.shape.read(listedPicture{path: s.files[i]}, buf, s.view); v.err != nil {
		return nil, buf, v.err
	}
	if maphash.Bytes(s.seed, buf) != s.hashes[i] {
		return nil, buf, badFile(s.files[i], "a picture that was changed since the start, expected the same as then")
	}
	if s.kept[i].CompareAndSwap(keptNot, keptNever) {
		if at := s.next.Add(1); at <= int64(len(s.slab)/s.size) {
			copy(s.place(int32(at)), buf)
			s.kept[i].Store(int32(at))
		}
	}
	return buf, buf, nil
}

func (s *store) place(at int32) []uint8 {
	end := int(at) * s.size
	return s.slab[end-s.size : end : end]
}

// Read returns picture i as [h][w][c]: memory that it shares with s, or buf, which it grows and returns, with the
// picture read from its file. Neither may be written to. An error says that a file cannot be read, or is not what it
// was when the set was opened.
func (s *Set) Read(i int, buf []uint8) (pix, grown []uint8, err error) {
	if s.disk == nil {
		return s.Image(i), buf, nil
	}
	return s.disk.read(int(s.places[i]), buf)
}

// Streamed reports whether pictures are read from their files when they are asked for.
func (s *Set) Streamed() bool { return s.disk != nil }

// Bytes returns the memory that the pixels take; sets that are cut out of one share theirs.
func (s *Set) Bytes() int64 {
	if s.disk == nil {
		return int64(max(len(s.Pix), len(s.whole)))
	}
	return int64(len(s.disk.slab)) + int64(len(s.disk.files))*bytesPerFile
}

// bytesPerFile are kept of each picture of a streamed set: its path, hash and place.
const bytesPerFile = 160

// SharesFiles reports whether s and t are cut out of one streamed set.
func (s *Set) SharesFiles(t *Set) bool { return s.disk != nil && s.disk == t.disk }

// Load returns the set with all pixels in memory; s itself if they are.
func (s *Set) Load() (*Set, error) {
	if s.disk == nil {
		return s, nil
	}
	t := *s
	t.disk, t.places, t.Pix = nil, nil, make([]uint8, 0, s.Len()*s.H*s.W*s.C)
	err := s.Each(func(_ int, p []uint8) { t.Pix = append(t.Pix, p...) })
	return &t, err
}

// Warm reads pictures until as many are kept in memory as may be. It does nothing for sets in memory.
func (s *Set) Warm() error {
	if s.disk == nil || s.disk.next.Load() >= int64(len(s.disk.slab)/s.disk.size) {
		return nil
	}
	return s.First(min(s.Len(), len(s.disk.slab)/s.disk.size)).Each(func(int, []uint8) {})
}

// First returns the first n pictures. It shares memory with s.
func (s *Set) First(n int) *Set {
	t := *s
	t.Labels = s.Labels[:n]
	if s.places == nil {
		t.Pix = s.Pix[:n*s.H*s.W*s.C]
	} else {
		t.places = s.places[:n]
	}
	if s.Groups != nil {
		t.Groups = s.Groups[:n]
	}
	return &t
}

// Flat returns the pictures as one pixel each, with all numbers of the picture as its channels. It shares memory with s.
func (s *Set) Flat() *Set {
	t := *s
	t.H, t.W, t.C = 1, 1, s.H*s.W*s.C
	return &t
}

// aheadEach is how many pictures Each reads ahead for each processor.
const aheadEach = 8

// Each calls f with the pictures in order. Those of a streamed set are read ahead, on all processors; what f is given
// is valid until it returns.
func (s *Set) Each(f func(i int, p []uint8)) error {
	if s.disk == nil {
		for i := range s.Len() {
			f(i, s.Image(i))
		}
		return nil
	}
	n := aheadEach * runtime.GOMAXPROCS(0)
	bufs, pix, errs := make([][]uint8, n), make([][]uint8, n), make([]error, n)
	for first := 0; first < s.Len(); first += n {
		if s.disk.stop != nil {
			if err := s.disk.stop(); err != nil {
				return err
			}
		}
		k := min(n, s.Len()-first)
		parallel(k, func(j int) { pix[j], bufs[j], errs[j] = s.Read(first+j, bufs[j]) })
		for j := range k {
			if errs[j] != nil {
				return errs[j]
			}
			f(first+j, pix[j])
		}
	}
	return nil
}

// parallel calls f with the numbers below n, on all processors.
func parallel(n int, f func(i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	wg.Wait()
}

// loadStreamed looks at all files, as load does, but keeps nothing of them but what tells whether they change.
func (b *loading) loadStreamed(files []listedPicture) (*Set, error) {
	p, d := b.shape, b.disk
	s := &Set{H: p.h, W: p.w, C: p.c, Classes: b.classes, Labels: make([]uint16, len(files)), disk: d, places: make([]int32, len(files))}
	first := d.add(files)
	all := make([]seen, len(files))
	parallel(len(files), func(i int) {
		if b.stopped() != nil {
			return
		}
		buf := d.bufs.Get().(*[]uint8)
		s.Labels[i], s.places[i] = uint16(files[i].label), int32(first+i)
		all[i] = p.read(files[i], *buf, b.o.View)
		d.hashes[first+i] = maphash.Bytes(d.seed, *buf)
		d.bufs.Put(buf)
	})
	return b.loaded(s, files, all)
}
