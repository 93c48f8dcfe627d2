package checkpoint

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"runtime"
	"testing"
)

// allocated returns the bytes that f allocates, freed or not.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// hostile holds values that make a general msgpack decoder run out of memory or
// stack: lengths that announce far more than there is, and nesting without end.
func hostile() map[string][]byte {
	return map[string][]byte{
		"array of 4 Gi":    {0xdd, 0xff, 0xff, 0xff, 0xff, 0xc0, 0xc0},
		"array of 16 Mi":   {0xdd, 0x01, 0x00, 0x00, 0x00},
		"map of 4 Gi":      {0xdf, 0xff, 0xff, 0xff, 0xff},
		"map of 16 Mi":     {0xdf, 0x01, 0x00, 0x00, 0x00},
		"bin of 2 Gi":      {0xc6, 0x7f, 0xff, 0xff, 0xff},
		"bin of 8 Mi":      {0xc6, 0x00, 0x80, 0x00, 0x00},
		"string of 4 Gi":   {0xdb, 0xff, 0xff, 0xff, 0xff},
		"string of 250":    {0xd9, 0xfa},
		"extension of 4Gi": {0xc9, 0xff, 0xff, 0xff, 0xff, 0x01},
		"nested arrays":    bytes.Repeat([]byte{0x91}, 10<<20),
		"nested maps":      bytes.Repeat([]byte{0x81, 0xa0}, 5<<20),
	}
}

// TestHostileHeadersStayInBounds puts each hostile value in the place of each
// part of a header. Every one must be an error that costs no more memory than the
// file and the read buffer.
func TestHostileHeadersStayInBounds(t *testing.T) {
	start := packed(t, headerWith([]any{tensorWith()}))
	places := map[string][]byte{
		"whole header": nil,
		"key":          start[:1],
		"schema":       upTo(t, start, "schema"),
		"kind":         upTo(t, start, "kind"),
		"meta":         upTo(t, start, "meta"),
		"tensors":      upTo(t, start, "tensors"),
		"tensor":       append(upTo(t, start, "tensors"), 0x91),
		"name":         upTo(t, start, "name"),
		"shape":        upTo(t, start, "shape"),
		"size":         append(upTo(t, start, "shape"), 0x91),
		"offset":       upTo(t, start, "offset"),
		"bytes":        upTo(t, start, "bytes"),
		"xxh3":         upTo(t, start, "xxh3"),
	}
	for place, before := range places {
		for what, value := range hostile() {
			b := signed(append(bytes.Clone(before), value...))
			var err error
			got := allocated(func() { _, err = decodeBytes(b) })
			if err == nil {
				t.Errorf("%s for %s: no error", what, place)
			}
			if most := uint64(len(b) + bufferBytes + 32<<10); got > most {
				t.Errorf("%s for %s: %d bytes allocated for a file of %d, expected at most %d", what, place, got, len(b), most)
			}
		}
	}
}

// upTo returns header up to the value of key.
func upTo(t *testing.T, header []byte, key string) []byte {
	t.Helper()
	i := bytes.Index(header, []byte(key))
	if i < 0 {
		t.Fatalf("no key %q", key)
	}
	return bytes.Clone(header[:i+len(key)])
}

// TestPrefixesStayInBounds: a header length is believed only if the file has it.
func TestPrefixesStayInBounds(t *testing.T) {
	for _, length := range []uint32{1, MaxHeader, MaxHeader + 1, 1 << 31, 1<<32 - 1} {
		b := signed(nil)
		binary.LittleEndian.PutUint32(b[12:], length)
		var err error
		got := allocated(func() { _, err = decodeBytes(b) })
		want := "bytes follow"
		if length > MaxHeader {
			want = "expected at most 16777216"
		}
		wantFault(t, err, "byte 12: header length", want)
		if got > bufferBytes+32<<10 {
			t.Errorf("header length %d: %d bytes allocated", length, got)
		}
	}
}

// TestManyTensorsStayInBounds: the header that costs most for its length is the
// one with the most and shortest tensors that break the rules last.
func TestManyTensorsStayInBounds(t *testing.T) {
	tensors := make([]any, MaxTensors)
	for i := range tensors {
		tensors[i] = tensorWith(pair{"name", fmt.Sprintf("%x", i)})
	}
	tensors[MaxTensors-1] = tensorWith(pair{"name", ""})
	b := signed(packed(t, headerWith(tensors)))
	var err error
	got := allocated(func() { _, err = decodeBytes(b) })
	wantFault(t, err, "tensors[65535].name: is empty")
	if most := uint64(16 * len(b)); got > most {
		t.Errorf("%d bytes allocated for a file of %d, expected at most %d", got, len(b), most)
	}
}

// fuzzSeeds are files that are whole, cut, and hostile.
func fuzzSeeds(f *testing.F, add func([]byte)) {
	whole := encoded(f, small())
	add(whole)
	add(whole[:len(whole)/2])
	add(encoded(f, &File{Kind: "k"}))
	for _, value := range hostile() {
		if len(value) < 1<<10 {
			add(signed(value))
		}
	}
}

// FuzzDecode feeds any bytes. What is accepted must survive a round trip, and
// nothing may allocate beyond a small multiple of the input.
func FuzzDecode(f *testing.F) {
	fuzzSeeds(f, func(b []byte) { f.Add(b) })
	f.Fuzz(checkDecode)
}

// FuzzHeader feeds headers and payloads behind a prefix whose checksum is right,
// so that the fuzzer gets past it.
func FuzzHeader(f *testing.F) {
	fuzzSeeds(f, func(b []byte) {
		if n := int64(binary.LittleEndian.Uint32(b[12:])); int64(len(b)) >= int64(prefixBytes)+n {
			header, payloads := headerOf(b)
			f.Add(header, payloads)
		}
	})
	f.Add(packed(f, headerWith([]any{})), []byte{})
	f.Fuzz(func(t *testing.T, header, payloads []byte) { checkDecode(t, signed(header, payloads...)) })
}

func checkDecode(t *testing.T, b []byte) {
	var file *File
	var err error
	// The fuzzer's own goroutines allocate meanwhile, hence the wide margin.
	if got := allocated(func() { file, err = decodeBytes(b) }); got > uint64(64*len(b)+8<<20) {
		t.Errorf("%d bytes allocated for %d bytes of input", got, len(b))
	}
	if err != nil {
		wantFault(t, err)
		return
	}
	again, err := decodeBytes(encoded(t, file))
	if err != nil {
		t.Fatal(err)
	}
	if d := difference(file, again); d != "" {
		t.Fatal(d)
	}
	if _, err := Decode(io.LimitReader(bytes.NewReader(b), int64(len(b)-1)), int64(len(b))); err == nil {
		t.Fatal("a file without its last byte was accepted")
	}
}
