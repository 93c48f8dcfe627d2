//go:build kill && linux

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/espalier-nas/espalier/search/rundir"
)

// mounted makes a file system of its own in memory, of so many KiB, which ends with the
// test.
func (k killed) mounted(kib int) string {
	k.t.Helper()
	if os.Geteuid() != 0 {
		k.t.Skip("only root may mount a file system")
	}
	dir := k.t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dk", kib)); err != nil {
		k.t.Skipf("no file system can be mounted here: %v", err)
	}
	k.t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			k.t.Error(err)
		}
	})
	return dir
}

// remount changes a file system that mounted has made.
func (k killed) remount(dir string, flags uintptr, options string) {
	k.t.Helper()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT|flags, options); err != nil {
		k.t.Fatal(err)
	}
}

// A disk that is full ends a run with an error that says what is safe; with room again the
// run ends as one that always had it. So does a folder that cannot be written to for a while.
func TestDisksThatFail(t *testing.T) {
	k := newKilled(t)
	r := k.runs()[0] // search
	whole := k.folder(r)
	if code, _, text := k.live(r.begin(whole), 0, nil); code != 0 {
		t.Fatalf("undisturbed: exit code %d\n%s", code, text)
	}
	want := k.contents(whole)
	fails := func(what, dir string, args []string, says string) {
		t.Helper()
		code, _, text := k.live(args, 0, nil)
		t.Logf("%s: exit code %d: %s", what, code, strings.TrimSpace(text))
		if code != exitFailure || !strings.Contains(text, says) || rundir.View(dir).Has(rundir.Config) && !strings.Contains(text, "continue with --resume "+dir) {
			t.Errorf("%s: exit code %d\n%s\nwant %q and how to go on", what, code, text, says)
		}
	}
	used, err := exec.Command("du", "-sk", whole).Output()
	if err != nil {
		t.Fatal(err)
	}
	var most int
	if _, err := fmt.Sscan(string(used), &most); err != nil {
		t.Fatal(err)
	}
	for _, kib := range []int{16, most / 8, most / 3, most * 2 / 3, most * 9 / 10} {
		dir := k.mounted(kib)
		fails(fmt.Sprintf("full at %d KiB", kib), dir, r.begin(dir), "no space left on device")
		args := k.next(r, dir)
		k.remount(dir, 0, "size=64m")
		if code, _, text := k.live(args, 0, nil); code != 0 {
			t.Fatalf("with room again: exit code %d\n%s", code, text)
		}
		k.alike(fmt.Sprintf("full at %d KiB", kib), want, dir)
	}
	dir := k.mounted(64 << 10)
	if code, hit, text := k.live(r.begin(dir), 300*time.Millisecond, syscall.SIGKILL); !hit {
		t.Fatalf("exit code %d\n%s", code, text)
	}
	k.remount(dir, syscall.MS_RDONLY, "")
	code, _, text := k.live(k.next(r, dir), 0, nil)
	t.Logf("read-only: exit code %d: %s", code, strings.TrimSpace(text))
	if code != exitFailure || !strings.Contains(text, "read-only file system") {
		t.Errorf("read-only: exit code %d\n%s", code, text)
	}
	k.remount(dir, 0, "size=64m")
	if code, _, text := k.live(k.next(r, dir), 0, nil); code != 0 {
		t.Fatalf("writable again: exit code %d\n%s", code, text)
	}
	k.alike("read-only for a while", want, dir)
}

// Another number of processors, and a clock that was set back, between stop and resume
// change nothing; a second process is kept out.
func TestWhatChangesBetweenStopAndResume(t *testing.T) {
	k := newKilled(t)
	r := k.runs()[0]
	whole := k.folder(r)
	if code, _, text := k.live(r.begin(whole), 0, nil); code != 0 {
		t.Fatalf("undisturbed: exit code %d\n%s", code, text)
	}
	const processors = "last_rung" // how many networks trained at a time follows from their number
	want := k.contents(whole, processors)
	dir := k.folder(r)
	args := r.begin(dir)
	for i := 0; ; i++ {
		t.Setenv("GOMAXPROCS", fmt.Sprint([]int{1, 2, 3, 8}[i%4]))
		code, hit, text := k.live(args, time.Duration(200+100*i)*time.Millisecond, syscall.SIGKILL)
		if code == 0 {
			break
		}
		if !hit {
			t.Fatalf("exit code %d\n%s", code, text)
		}
		args = k.next(r, dir)
		at := time.Now().Add(time.Duration(1-2*(i%2)) * 1000 * time.Hour) // from the future, and from the past
		for _, path := range k.files(dir) {
			if err := os.Chtimes(dir+"/"+path, at, at); err != nil {
				t.Fatal(err)
			}
		}
	}
	k.alike("other processors and times", want, dir, processors)
	d, err := rundir.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if code, _, text := k.run(context.Background(), r.resume(dir)...); code != exitFailure || !strings.Contains(text, "in use by another process") {
		t.Errorf("second process: exit code %d\n%s", code, text)
	}
}
