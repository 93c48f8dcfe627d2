package kernel

import (
	"os"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/cpu"
)

// TestTheBestSetIsChosen fails when a machine's fast kernels were silently not
// selected, or when ESPALIER_KERNEL in the environment of the test is not obeyed.
func TestTheBestSetIsChosen(t *testing.T) {
	s, err := Choose("")
	if want := os.Getenv("ESPALIER_KERNEL"); want != "" {
		if err != nil || s.Name != want {
			t.Fatalf("ESPALIER_KERNEL=%s is not obeyed: got %v, %v", want, s, err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	want := "go"
	if runtime.GOARCH == "amd64" && !purego {
		x := cpu.X86
		switch {
		case x.HasAVX512F && x.HasAVX512VL && x.HasAVX512BW && x.HasAVX512DQ:
			want = "avx512"
		case x.HasAVX2 && x.HasFMA:
			want = "avx2"
		}
	}
	if s.Name != want {
		t.Fatalf("the machine's best kernels are %s, chosen are %s", want, s.Name)
	}
}

func TestChooseByName(t *testing.T) {
	for _, s := range Available() {
		t.Setenv("ESPALIER_KERNEL", "go")
		if got, err := Choose(s.Name); err != nil || got.Name != s.Name {
			t.Errorf("Choose(%q) = %v, %v", s.Name, got, err)
		}
		t.Setenv("ESPALIER_KERNEL", s.Name)
		if got, err := Choose(""); err != nil || got.Name != s.Name {
			t.Errorf("ESPALIER_KERNEL=%s: got %v, %v", s.Name, got, err)
		}
	}
}

func TestChooseUnknown(t *testing.T) {
	t.Setenv("ESPALIER_KERNEL", "sse9")
	for source, name := range map[string]string{"ESPALIER_KERNEL": "", `"avx"`: "avx"} {
		_, err := Choose(name)
		if err == nil {
			t.Fatalf("Choose(%q) chose something", name)
		}
		for _, part := range append(names(), source) {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("error %q does not mention %s", err, part)
			}
		}
	}
}

func names() (n []string) {
	for _, s := range Available() {
		n = append(n, s.Name)
	}
	return n
}
