package unpack

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"
)

func packed(t *testing.T, text io.Reader) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.Copy(z, text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestTextIsRead(t *testing.T) {
	const text = "idx,ops\n0,01\n"
	for name, in := range map[string][]byte{
		"plain": []byte(text), "marked": []byte("\ufeff" + text),
		"packed": packed(t, strings.NewReader(text)), "packed and marked": packed(t, strings.NewReader("\ufeff"+text)),
	} {
		r, err := Text(bytes.NewReader(in))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || string(got) != text {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	for _, in := range []string{"", "a", "\x1f"} {
		r, err := Text(strings.NewReader(in))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || string(got) != in {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
	if _, err := Text(strings.NewReader("\x1f\x8bno gzip")); err == nil {
		t.Error("a broken head is accepted")
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// What a file unpacks to is not believed beyond a bound, and up to it is read whole.
func TestBombsEnd(t *testing.T) {
	const most = 1 << 20
	for _, c := range []struct {
		bytes int64
		fails bool
	}{{most, false}, {most + 1, true}} {
		r, err := text(io.LimitReader(zeros{}, c.bytes), most)
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, r)
		if (err != nil) != c.fails || !c.fails && n != most || n > most {
			t.Errorf("%d bytes: %d read, %v", c.bytes, n, err)
		}
	}
	bomb := packed(t, io.LimitReader(zeros{}, most+1))
	r, err := text(bytes.NewReader(bomb), most)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, r); err == nil || !strings.Contains(err.Error(), "more than 1048576 bytes") {
		t.Errorf("%d bytes that unpack to more than %d: %v", len(bomb), most, err)
	}
}
