package checkpoint

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// filled returns a file of 1 MiB and a bit whose every value is v, so that a mix
// of two of them shows.
func filled(v float32) *File {
	f := &File{Kind: "test", Meta: fmt.Appendf(nil, "%v", v)}
	for i := range 5 {
		f.Tensors = append(f.Tensors, Tensor{fmt.Sprint(i), []int{53, 1000}, slices.Repeat([]float32{v}, 53_000)})
	}
	return f
}

func mustWrite(t *testing.T, path string, f *File) {
	t.Helper()
	if err := Write(path, f); err != nil {
		t.Fatal(err)
	}
}

func wantFile(t *testing.T, path string, want *File) {
	t.Helper()
	got, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := difference(got, want); d != "" {
		t.Fatal(d)
	}
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestWriteReadStat(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f.msgpack")
	mustWrite(t, path, filled(1))
	mustWrite(t, path, small())
	wantFile(t, path, small())

	h, err := Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if h.Schema != Schema || h.Kind != small().Kind || string(h.Meta) != string(small().Meta) || h.Size != info.Size() {
		t.Errorf("header %+v of a file of %d bytes", h, info.Size())
	}
	for i, want := range small().Tensors {
		in := h.Tensors[i]
		if in.Name != want.Name || !slices.Equal(in.Shape, want.Shape) ||
			in.Bytes != int64(4*len(want.Data)) || in.Sum != hostOrder().sum(want.Data) {
			t.Errorf("tensors[%d] is %+v, expected what %v says", i, in, want)
		}
	}
	if got := names(t, filepath.Dir(path)); len(got) != 1 {
		t.Errorf("the folder holds %q, expected the file alone", got)
	}
}

// TestStatReadsNoPayload: a fault in a payload is for Read to find.
func TestStatReadsNoPayload(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	b := encoded(t, small())
	b[len(b)-1] ^= 1
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Stat(path); err != nil {
		t.Errorf("Stat: %v", err)
	}
	_, err := Read(path)
	wantFault(t, err, path, `tensor "µ"`)
	if err := os.Truncate(path, int64(len(b)-1)); err != nil {
		t.Fatal(err)
	}
	_, err = Stat(path)
	wantFault(t, err, path, `tensor "µ": its payload ends here`)
}

func TestWriteKeepsTheMode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	mustWrite(t, path, small())
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	mustWrite(t, path, filled(1))
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != 0o640 {
		t.Errorf("mode %v after a replacement, expected %v", info.Mode(), os.FileMode(0o640))
	}
}

// TestFailedWritesChangeNothing: neither the old file nor the folder.
func TestFailedWritesChangeNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	mustWrite(t, path, small())
	err := replace(path, func(w io.Writer) error {
		if _, err := w.Write(encoded(t, filled(1))[:1<<19]); err != nil {
			return err
		}
		return errFull
	})
	if !errors.Is(err, errFull) || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v, expected %v and the path", err, errFull)
	}
	if err := Write(path, &File{}); err == nil || !strings.Contains(err.Error(), path+": checkpoint: kind") {
		t.Errorf("error %v for a file without kind", err)
	}
	wantFile(t, path, small())
	if got := names(t, filepath.Dir(path)); len(got) != 1 {
		t.Errorf("the folder holds %q, expected the file alone", got)
	}
}

func TestNoFile(t *testing.T) {
	dir := t.TempDir()
	if err := Write(filepath.Join(dir, "no", "f"), small()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("write to no folder: %v", err)
	}
	for name, read := range map[string]func(string) error{
		"Read": func(p string) error { _, err := Read(p); return err },
		"Stat": func(p string) error { _, err := Stat(p); return err },
	} {
		if err := read(filepath.Join(dir, "no")); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), dir) {
			t.Errorf("%s of no file: %v", name, err)
		}
		for _, path := range []string{dir, os.DevNull} {
			if err := read(path); !errors.Is(err, errNotRegular) || !strings.Contains(err.Error(), path) {
				t.Errorf("%s of %s: error %v, expected %v", name, path, err, errNotRegular)
			}
		}
	}
}

// TestReadersDuringReplacement: whoever reads meanwhile gets one of the files,
// whole.
func TestReadersDuringReplacement(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	files := []*File{filled(1), filled(2)}
	mustWrite(t, path, files[0])
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				got, err := Read(path)
				if err != nil {
					t.Error(err)
					return
				}
				if difference(got, files[0]) != "" && difference(got, files[1]) != "" {
					t.Error("a reader got neither of the files")
					return
				}
			}
		})
	}
	for i := range 12 {
		if err := Write(path, files[i%2]); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	readers.Wait()
}

// killedWriter, when set, makes the test binary a writer that stops half way
// through the file that it names.
const killedWriter = "CHECKPOINT_TEST_KILLED_WRITER"

func TestKilledWriter(t *testing.T) {
	if path := os.Getenv(killedWriter); path != "" {
		stopHalfWay(path)
	}
	path := filepath.Join(t.TempDir(), "f")
	mustWrite(t, path, filled(1))

	cmd := exec.Command(os.Args[0], "-test.run=^TestKilledWriter$")
	cmd.Env = append(os.Environ(), killedWriter+"="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "half\n" {
		t.Errorf("the writer said %q, error %v", line, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != -1 {
		t.Fatalf("the writer ended before it was killed: %v", err)
	}

	wantFile(t, path, filled(1))
	left := names(t, filepath.Dir(path))
	if len(left) != 2 || !strings.HasPrefix(left[0], ".f") {
		t.Errorf("the folder holds %q, expected the file and what the writer left", left)
	}
	mustWrite(t, path, filled(2))
	wantFile(t, path, filled(2))
}

// stopHalfWay writes half of a file, says so, and waits to be killed.
func stopHalfWay(path string) {
	err := replace(path, func(w io.Writer) error {
		h := &halfWriter{w: w, left: 512 << 10}
		return Encode(h, filled(3))
	})
	fmt.Println("ended with", err)
	os.Exit(3)
}

type halfWriter struct {
	w    io.Writer
	left int
}

func (h *halfWriter) Write(b []byte) (int, error) {
	if len(b) > h.left {
		if _, err := h.w.Write(b[:h.left]); err != nil {
			return 0, err
		}
		fmt.Println("half")
		time.Sleep(time.Hour) // until killed
	}
	h.left -= len(b)
	return h.w.Write(b)
}
