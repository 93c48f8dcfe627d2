package data

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

// pickledBatch writes pictures of 32x32x3 as Python 2 did that wrote CIFAR: by protocol 2, with
// bytes as they are.
func pickledBatch(s *Set, labels string) []byte {
	text := func(s string) string { return "U" + string(rune(len(s))) + s + "q\x02" }
	b := []byte("\x80\x02}q\x01(" + text("batch_label") + text("training batch 1 of 5") + text(labels) + "]q\x05(")
	for _, l := range s.Labels {
		b = append(b, 'K', byte(l))
	}
	b = append(b, "e"+text("data")+"cnumpy.core.multiarray\n_reconstruct\nq\x07cnumpy\nndarray\nq\x08K\x00\x85U\x01b\x87Rq\x09(K\x01M"...)
	b = binary.LittleEndian.AppendUint16(b, uint16(s.Len()))
	b = append(b, "M\x00\x0c\x86cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89T"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(s.Pix)))
	record := cifarOf(s)
	for i := range s.Len() {
		b = append(b, record[i*(cifarImage+1)+1:][:cifarImage]...)
	}
	return append(b, "tbu."...)
}

func pickledNames(key string, n int) []byte {
	b := []byte("\x80\x02}(U" + string(rune(len(key))) + key + "](")
	for i := range n {
		b = append(b, fmt.Sprintf("U\x02%c%c", 'a'+i/26, 'a'+i%26)...)
	}
	return append(b, "eu."...)
}

// The files of CIFAR for Python are read as those of its binary version, also where torchvision
// puts them.
func TestOpenCIFARForPython(t *testing.T) {
	a, b, c := randomSet(7, 32, 32, 3, 7), randomSet(5, 32, 32, 3, 5), randomSet(3, 32, 32, 3, 3)
	files := map[string][]byte{
		"cifar-10-batches-py/data_batch_1": pickledBatch(a, "labels"), "cifar-10-batches-py/data_batch_2": pickledBatch(b, "labels"),
		"cifar-10-batches-py/test_batch": pickledBatch(c, "labels"), "cifar-10-batches-py/batches.meta": pickledNames("label_names", 10), "cifar-10-python.tar.gz": nil,
	}
	d, err := Open(tree(t, files), OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if d.Format != "cifar10-python" || !slices.Equal(d.Train.Pix, slices.Concat(a.Pix, b.Pix)) || !slices.Equal(d.Train.Labels, slices.Concat(a.Labels, b.Labels)) || !slices.Equal(d.Test.Pix, c.Pix) || d.Train.Classes[3] != "ad" || d.Train.Validate() != nil {
		t.Errorf("%s of %d pictures, classes %q", d.Format, d.Train.Len(), d.Train.Classes)
	}
	for kind, key := range map[string]string{"": "fine_labels", LabelsCoarse: "coarse_labels"} {
		files := map[string][]byte{"train": pickledBatch(a, key), "test": pickledBatch(c, key), "meta": pickledNames(strings.TrimSuffix(key, "s")+"_names", map[string]int{"": 100, LabelsCoarse: 20}[kind])}
		d, err := Open(tree(t, files), OpenOptions{Labels: kind})
		if err != nil || !slices.Equal(d.Train.Labels, a.Labels) || d.Test.Len() != 3 || len(d.Train.Classes) != map[string]int{"": 100, LabelsCoarse: 20}[kind] {
			t.Errorf("CIFAR-100 %s: %v", kind, err)
		}
	}
}

// Pickles that Python 3.11 and NumPy 1.24 wrote, by protocols 2 and 4: two pictures, labels 3 and 9,
// of the first a ramp modulo 251, 7 and 200, of the second the negative.
func TestPicklesOfPython3(t *testing.T) {
	for _, text := range []string{
		"H4sIAAAAAAACA+3ad1OTWxAH4IROAOm992CJYsPeKxHU1xYLYhICQUPgpChRUHrvvffeexWZ2f1g927Az3DnznD2N5PJ7J53crJ/ZOaZSZFNIRNJ1enq3AyN2ijR6K1vJEyscBGJRCqlSa1N1ylVGh2zUThQR6c0ZesTmW0FsxOYvVasEFuPMQctdRwF5kSdw2P0iJE5W9sSgbmkMVep3FburKG5Hc0zlCYlc7NOjwnMXa035+RZZOpcg0aWY9aZspUGg9IiSTdo1Ll6o8lgVpskzOPwlESfcThlnnJROfPSOlUyb4H5SOViuU2KyLWC+f49mGGy5NE38VPY0AeaE5l/dVUlCxBYIN3k4NoFLCg1NTX5H6qDF7nIxIJV1XRFUQyNxTa2dvYOjk7OEhdXt2PuHp5e3j6+fv4BgUHBIaFh4RGRUdExsXHx0oTjJ06ekp0+k3j23PkLF5MuXb5y9dr1Gzdv3b5z9979Bw8fPU6WP0lJffrsufDi5avXbxRv373/kPYx/ZNSpc7QZGZpsz9/0eXoc/OYwWgyf/2Wb/n+o6Dw5y8ogmIogVIog3KogEqogmqogVqog3pogEZogmZogVZog3bogE7ogm7ogV7og34YgEEYgmEYgVEYg3GYgEmYgmmYgVmYg3lYgEVYgmVYgVVYg3XYgE3Ygm3YgV34DXvwB/axCIuxBEuxDMuxAiuxCquxBmuxDuuxARuxCZuxBVuxDduxAzuxC7uxB3uxD/txAAdxCIdxBEdxDMdxAidxCqdxBmdxDudxARdxCZdxBVdxDddxAzdxC7dxh2+db51vnW/9v926Iy9evI5s0S8PDw8PDw8Pz1HLPv7BPfyNu7hDRtgiK2yQGdbIDitkiCWyxAKZYo5sMUPGmCJrTJA5xsgeI2SQIbLIAJmkj2zSQ0bpIqt0kFnayC4tZJgmskwDmaaObFNDxqki61SQecrIPiVkoCLYJw/tkYt2yUfb5KRN8tI6uWmV/LRMjlokT82Tq2bJV9PkrEny1ji5a5T8NUwOGySP9ZPLesln3eS0TvJaO7mtlfzWTI5rJM/Vk+tqyXfV5LxK8l45ua+U/FcMRb9+Fhb8+G7J//bVbDIaWF6uPkf35XO2NitTk6FWKT+lf0z78P7dW8Wb169evhCeP3uamvJEnvz40cMH9+/dvXP71s0b169dvXL5UtLFC+fPnU08c1p26uSJ4wnS+LjYmOioyIjwsNCQ4KDAAH8/Xx9vL08P92Nuri4SZydHB3u+er56vnq++v/f6rd4eHh4eHh4jlqSePHidWSLhVj/nhQqsDATC1dpxQpnkUiUma3T6JU5GiOLsE4jBRaVxqKlNLWnab4sT5/FYqyTWIHF/e1aDrrx1q5UYAkas+xfGgH25nQlAAA=",
		"H4sIAAAAAAACA2tgmXpLggEMaqdoOHMnJZYkZ8TnJCal5kxxZkya4swGZhdPiZ2i4c3szZnqzJKSWJI4pUc0rzS3oFIvOb8oVS+3NKckM7GoKLFySg9PfFFqcn5ecUlRaXLJlMlTeljBCqf0sOelQJRMnuLN0Dolg6l9ShDQTEZvJl8GnrYpGZw9rCkllQWpID1MpYZTOjsgCph7GGum+Pn5ef0HAjDhzVAyJanTiQHkbkYmZhZWNnYOTi5uHl4+fgFBIWERUTFxCUkpaRlZOXkFRSVlFVU1dQ1NLW0dXT19A0MjYxNTM3MLSytrG1s7ewdHJ2cXVzd3D08vbx9fP/+AwKDgkNCw8IjIqOiY2Lj4hMSk5JTUtPSMzKzsnNy8/ILCouKS0rLyisqq6prauvqGxqbmlta29o7Oru6e3r7+CRMnTZ4yddr0GTNnzZ4zd978BQsXLV6ydNnyFStXrV6zdt36DRs3bd6yddv2HTt37d6zd9/+AwcPHT5y9NjxEydPnT5z9tz5CxcvXb5y9dr1Gzdv3b5z9979Bw8fPX7y9NnzFy9fvX7z9t37Dx8/ff7y9dv3Hz9/jXp91Osj3uvso2AUjIIRC06MglEwCkYs+P/v75/fv37++P7t65fPnz5+eP/u7ZvXr16+eP7s6ZPHjx4+uH/v7p3bt27euH7t6pXLly5eOH/u7JnTp06eOH7s6JHDhw4e2L9v757du3bu2L5t65bNmzZuWL9u7ZrVq1auWL5s6ZLFixYumD9v7pzZs2bOmD5t6pTJkyZO6O/r7enuAnZN2lpbmpsaG+rramuqqyorystKS4qLCgvy83JzsrMyM9LTUlOSkxIT4uNiY6KjIiPCw0JDgoMCA/z9fH28vTw93N1cXZydHB3s7WxtrK0sLczNTE2MjQwN9PV0dbS1NDXU1VRVlJUUFeTlZGWkpSQlxMVERYSFBAX4+Xh5uLk4OdjZWEe9Pur1Ee/1H6NgFIyCEQvMR8EoGAUjFkwpmZLkzJmWmZOal5ibCp6lcGat0CvIS5/izFoJplNL9QA/KADl5RgAAA==",
	} {
		packed, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		z, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			t.Fatal(err)
		}
		file, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		d, err := Open(tree(t, map[string][]byte{"data_batch_1": file}), OpenOptions{})
		if err != nil {
			t.Error(err)
			continue
		}
		s := d.Train
		for i := range 1024 {
			if p, q := s.Image(0)[3*i:][:3], s.Image(1)[3*i:][:3]; p[0] != uint8(i%251) || p[1] != 7 || p[2] != 200 || q[0] != 255-p[0] || q[1] != 248 || q[2] != 55 {
				t.Fatalf("pixel %d: %v and %v", i, p, q)
			}
		}
		if !slices.Equal(s.Labels, []uint16{3, 9}) {
			t.Errorf("labels %v", s.Labels)
		}
	}
}

// A pickle that calls anything, is cut, or is of another shape is refused.
func TestPicklesThatAreNoCIFAR(t *testing.T) {
	good := pickledBatch(randomSet(3, 32, 32, 3, 3), "labels")
	for want, file := range map[string][]byte{
		`call of "os.system"`:       []byte("\x80\x02cos\nsystem\nU\x04true\x85R."),
		"no whole pickle":           good[:len(good)-5],
		"protocol 2 to 4":           []byte("(dp0\nS'data'\n."),
		"no dictionary":             []byte("\x80\x02]."),
		"no array data":             []byte("\x80\x02}U\x06labels]s."),
		"no list labels":            pickledBatch(randomSet(3, 32, 32, 3, 3), "names"),
		"expected a number from":    bytes.Replace(good, []byte("(K\x00K\x01"), []byte("(K\x00K\x0a"), 1),
		"as many labels":            bytes.Replace(good, []byte("(K\x00K\x01"), []byte("(K\x00NN"), 1),
		"other than the 6144 bytes": bytes.Replace(bytes.Replace(good, []byte("M\x03\x00"), []byte("M\x02\x00"), 1), []byte("K\x02e"), []byte("e"), 1),
	} {
		_, err := Open(tree(t, map[string][]byte{"data_batch_1": file}), OpenOptions{})
		wantFault(t, err, "data_batch_1", NoOffset, want)
	}
	_, err := Open(tree(t, map[string][]byte{"data_batch_1": good, "data_batch_3": good}), OpenOptions{})
	if err == nil || !strings.Contains(err.Error(), "none called data_batch_2") {
		t.Error(err)
	}
}

// Numbers of every size have their sign.
func TestPickledNumbers(t *testing.T) {
	for file, want := range map[string]int64{"K\xff.": 255, "M\xff\xff.": 65535, "J\xfe\xff\xff\xff.": -2, "\x8a\x02\x00\xff.": -256, "\x8a\x00.": 0, "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f.": 1<<63 - 1} {
		if v, err := unpickle("\x80\x02" + file); err != nil || v != want {
			t.Errorf("%q: %v, %v; want %d", file, v, err, want)
		}
	}
}

// FuzzPickle reads any pickle, within memory that its length bounds.
func FuzzPickle(f *testing.F) {
	f.Add(pickledBatch(randomSet(1, 32, 32, 3, 1), "labels"))
	f.Add(pickledNames("label_names", 3))
	f.Add([]byte("\x80\x02]q\x01h\x01ah\x01a(h\x01h\x01tq\x02h\x02e."))
	f.Add([]byte("\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00}\x94(\x8c\x01a\x94K\x01C\x01b\x94\x8a\x02\x00\x01u."))
	f.Fuzz(func(t *testing.T, b []byte) {
		if got := spent(func() { unpickle(string(b)) }); got > uint64(1000*len(b)+1<<20) {
			t.Errorf("%d bytes allocated for %d", got, len(b))
		}
	})
}
