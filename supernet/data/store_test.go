package data

import (
	"errors"
	"fmt"
	"image/color"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// photos writes n pictures of noise of each class, of different sizes, and returns the folder.
func photos(t *testing.T, n int, classes ...string) string {
	t.Helper()
	r := rand.New(rand.NewPCG(7, 7))
	files := map[string][]byte{}
	for _, c := range classes {
		for i := range n {
			files[fmt.Sprintf("%s/%03d.png", c, i)] = pngOf(t, 9+i%3, 8+i%4, func(int, int) color.NRGBA {
				return color.NRGBA{uint8(r.Uint32()), uint8(r.Uint32()), uint8(r.Uint32()), 255}
			})
		}
	}
	return tree(t, files)
}

// openTwice opens a folder in memory and with a cache of so many bytes.
func openTwice(t *testing.T, dir string, o OpenOptions, cache int64) (memory, streamed *Dataset) {
	t.Helper()
	var err error
	if memory, err = Open(dir, o); err != nil {
		t.Fatal(err)
	}
	o.Cache = cache
	if streamed, err = Open(dir, o); err != nil {
		t.Fatal(err)
	}
	if memory.Train.Streamed() || !streamed.Train.Streamed() || streamed.Train.Pix != nil || streamed.Train.Validate() != nil {
		t.Fatalf("in memory %t, with a cache of %d bytes %t", memory.Train.Streamed(), cache, streamed.Train.Streamed())
	}
	return memory, streamed
}

// A streamed set is the set in memory, whatever the cache: splits, batches of training and of evaluating, normalisation,
// notes, shared pictures, flat pictures, loaded subsets.
func TestStreamedEqualsMemory(t *testing.T) {
	dir := photos(t, 17, "a", "b", "c")
	copyFile(t, filepath.Join(dir, "a", "000.png"), filepath.Join(dir, "b", "copy.png"))
	for _, cache := range []int64{1, 5 * 6 * 6 * 3, 51 * 6 * 6 * 3} {
		memory, streamed := openTwice(t, dir, OpenOptions{Size: 6, Group: ""}, cache)
		a, err := memory.Split(SplitOptions{Val: 0.2, Test: 0.2, Seed: 3})
		if err != nil {
			t.Fatal(err)
		}
		b, err := streamed.Split(SplitOptions{Val: 0.2, Test: 0.2, Seed: 3})
		if err != nil {
			t.Fatal(err)
		}
		for round := range 2 { // the second finds some in the cache
			for i, in := range []*Set{a.Train, a.Val, a.Test, memory.Train, a.Train.Flat(), a.Train.First(7), a.Val.Subset([]int{3, 1})} {
				on := []*Set{b.Train, b.Val, b.Test, streamed.Train, b.Train.Flat(), b.Train.First(7), b.Val.Subset([]int{3, 1})}[i]
				equalSets(t, fmt.Sprintf("cache %d, round %d, set %d", cache, round, i), on, in)
			}
			if x, y := a.Train.Shared(a.Val)+a.Train.Shared(a.Test), b.Train.Shared(b.Val)+b.Train.Shared(b.Test); x != y {
				t.Errorf("%d shared pictures streamed, %d in memory", y, x)
			}
			if err := b.Val.Warm(); err != nil {
				t.Fatal(err)
			}
		}
		if kept := b.Train.disk.next.Load(); min(kept, cache/108) != cache/108 {
			t.Errorf("a cache of %d bytes keeps %d pictures", cache, kept)
		}
		if got := b.Train.Bytes() - 52*bytesPerFile; got != cache/108*108 {
			t.Errorf("a cache of %d bytes takes %d", cache, got)
		}
	}
}

// equalSets compares what loaders make of a streamed set and of one in memory.
func equalSets(t *testing.T, what string, streamed, memory *Set) {
	t.Helper()
	x, err := streamed.Survey(nil)
	if err != nil {
		t.Fatal(err)
	}
	y, err := memory.Survey(nil)
	if err != nil {
		t.Fatal(err)
	}
	norm := y.Normalization()
	if n := x.Normalization(); !slices.Equal(n.Mean, norm.Mean) || !slices.Equal(n.Std, norm.Std) || !slices.Equal(x.Notes(), y.Notes()) {
		t.Fatalf("%s: normalisation or notes differ", what)
	}
	loaded, err := streamed.Load()
	if err != nil || !slices.Equal(pixels(loaded), pixels(memory)) || !slices.Equal(loaded.Labels, memory.Labels) {
		t.Fatalf("%s: pixels or labels differ (%v)", what, err)
	}
	batch := min(4, memory.Len())
	aug := Augment{Flip: true}
	if memory.H > 1 {
		aug.Crop = 1
	}
	for _, make := range []func(*Set, Normalization, Augment, int, uint64) *Loader{NewLoader, NewBalancedLoader} {
		var a, b Batch
		la, lb := make(streamed, norm, aug, batch, 9), make(memory, norm, aug, batch, 9)
		p := NewPrefetcher(la, 3, 0)
		for step := range 2 * lb.Batches() {
			lb.Fill(&b, step/lb.Batches(), step%lb.Batches())
			got := p.Next()
			if got.Err != nil || !slices.Equal(got.X, b.X) || !slices.Equal(got.Labels, b.Labels) {
				t.Fatalf("%s: batch %d differs (%v)", what, step, got.Err)
			}
		}
		p.Close()
		la.Sequential(&a, 0, memory.Len())
		lb.Sequential(&b, 0, memory.Len())
		if a.Err != nil || !slices.Equal(a.X, b.X) || !slices.Equal(a.Index, b.Index) {
			t.Fatalf("%s: pictures in order differ (%v)", what, a.Err)
		}
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// Pictures that go away or change while they are in use are errors, in every way of reading; those kept in memory are
// not read again.
func TestStreamedPicturesThatChange(t *testing.T) {
	dir := photos(t, 8, "a", "b")
	_, d := openTwice(t, dir, OpenOptions{Size: 6}, 3*108)
	s := d.Train
	if err := s.First(3).Warm(); err != nil {
		t.Fatal(err)
	}
	copyFile(t, filepath.Join(dir, "a", "007.png"), filepath.Join(dir, "a", "001.png")) // kept
	if err := s.First(3).Each(func(int, []uint8) {}); err != nil {
		t.Errorf("a picture that is kept is read again: %v", err)
	}
	copyFile(t, filepath.Join(dir, "a", "007.png"), filepath.Join(dir, "a", "005.png"))
	check := func(want string) {
		t.Helper()
		l := NewLoader(s, testNorm(3), Augment{}, 16, 1)
		var b Batch
		l.Fill(&b, 0, 0)
		fill := b.Err
		l.Sequential(&b, 0, 16)
		_, load := s.Load()
		_, survey := s.Survey(nil)
		for i, err := range []error{fill, b.Err, load, survey, s.Each(func(int, []uint8) {})} {
			if err == nil || !strings.Contains(err.Error(), "005.png") || !strings.Contains(err.Error(), want) {
				t.Errorf("way %d of reading: %v; want %q", i, err, want)
			}
		}
		l.Sequential(&b, 6, 2)
		if b.Err != nil {
			t.Errorf("an error stays with a batch: %v", b.Err)
		}
	}
	check("changed since the start")
	if err := os.Remove(filepath.Join(dir, "a", "005.png")); err != nil {
		t.Fatal(err)
	}
	check("no such file")
}

// Damaged pictures are listed, left out and noted as in memory; a pattern of groups and lists work too.
func TestStreamedFaults(t *testing.T) {
	dir := photos(t, 8, "a", "b")
	if err := os.WriteFile(filepath.Join(dir, "b", "003.png"), []byte("no picture"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, OpenOptions{Size: 6, Cache: 1}); err == nil || !strings.Contains(err.Error(), "003.png") {
		t.Errorf("a damaged picture: %v", err)
	}
	memory, streamed := openTwice(t, dir, OpenOptions{Size: 6, SkipBad: true, Group: `00(\d)`}, 1)
	equalSets(t, "one left out", streamed.Train, memory.Train)
	if !slices.Equal(memory.Notes, streamed.Notes) || !slices.Equal(memory.Train.Groups, streamed.Train.Groups) {
		t.Errorf("notes %q and %q, groups %v and %v", streamed.Notes, memory.Notes, streamed.Train.Groups, memory.Train.Groups)
	}
}

// Many readers at once get the same pictures, and keep no more than there is room for.
func TestStreamedReadersAgree(t *testing.T) {
	memory, streamed := openTwice(t, photos(t, 12, "a", "b"), OpenOptions{Size: 6}, 10*108)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			var pix, buf []uint8
			var err error
			for k := range 96 {
				i := (k*7 + g*5) % 24
				if pix, buf, err = streamed.Train.Read(i, buf); err != nil || !slices.Equal(pix, memory.Train.Image(i)) {
					t.Errorf("reader %d, picture %d differs (%v)", g, i, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// Reading ends when it is told to, while a data set is opened and afterwards.
func TestReadingStops(t *testing.T) {
	dir := photos(t, 30, "a", "b")
	why := errors.New("enough")
	for _, cache := range []int64{0, 1} {
		var asked atomic.Int64
		_, err := Open(dir, OpenOptions{Size: 6, Cache: cache, Stop: func() error {
			if asked.Add(1) > 7 {
				return why
			}
			return nil
		}})
		if !errors.Is(err, why) || asked.Load() < 8 {
			t.Errorf("cache %d: asked %d times, %v", cache, asked.Load(), err)
		}
	}
	var over atomic.Bool
	d, err := Open(dir, OpenOptions{Size: 6, Cache: 1, Stop: func() error {
		if over.Load() {
			return why
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	over.Store(true)
	if _, err := d.Train.Survey(nil); !errors.Is(err, why) {
		t.Errorf("a look at all pictures goes on: %v", err)
	}
}
