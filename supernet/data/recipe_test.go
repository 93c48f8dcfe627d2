//go:build pil

package data

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// recipe is the Python of docs/onnx.md that turns a file into a picture of the wanted size,
// with what it stands between: a list of cases, and files of pixels.
func recipe(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/onnx.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(page), "\npicture = ImageOps")
	body, _, ends := strings.Cut(rest, "\npixels = ")
	if !found || !ends {
		t.Fatal("docs/onnx.md has no lines from picture = ImageOps to pixels =")
	}
	var b strings.Builder
	b.WriteString("import json, sys\nimport numpy as np\nfrom PIL import Image, ImageOps\nfor case in json.load(open(sys.argv[1])):\n")
	b.WriteString("    width, height, channels, view = case['w'], case['h'], case['c'], case['view']\n    want = (width, height)\n")
	for line := range strings.Lines("picture = ImageOps" + strings.ReplaceAll(body, `"shoe.png"`, "case['file']") + "\n") {
		b.WriteString("    " + line)
	}
	b.WriteString("    open(case['out'], 'wb').write(picture.tobytes())\n")
	return b.String()
}

// The recipe of docs/onnx.md gives the pixels that networks learnt from: of pictures held
// in all ways, transparent ones and long ones, at most 4 of 255 away.
func TestRecipeReadsPicturesAlike(t *testing.T) {
	wave := func(y, x int) color.NRGBA {
		return color.NRGBA{uint8(x + y/2), uint8(3 * y), uint8(255 - x), 255} // without sharp colours, between which decoders of JPEG interpolate differently
	}
	glass := func(y, x int) color.NRGBA {
		c := wave(y, x)
		c.A = uint8(2 * x)
		return c
	}
	files := map[string][]byte{"plain.png": pngOf(t, 60, 80, wave), "glass.png": pngOf(t, 60, 90, glass), "long.png": pngOf(t, 30, 200, wave), "small.png": pngOf(t, 9, 7, wave)}
	var err error
	deep := image.NewGray16(image.Rect(0, 0, 70, 50))
	for i := range 70 * 50 {
		binary.BigEndian.PutUint16(deep.Pix[2*i:], uint16(i%70*900+i/70))
	}
	var grey bytes.Buffer
	if err = png.Encode(&grey, deep); err != nil {
		t.Fatal(err)
	}
	files["deep.png"] = grey.Bytes()
	if files["lossy.webp"], err = base64.StdEncoding.DecodeString(lossyBlackWhite); err != nil {
		t.Fatal(err)
	}
	for o := uint16(1); o <= 8; o++ {
		files[fmt.Sprintf("held%d.jpg", o)] = withJPEGEXIF(jpegPicture(t, rgbaOf(61, 83, wave)), exif(binary.BigEndian, o))
	}
	dir := tree(t, files)
	type job struct {
		File string `json:"file"`
		Out  string `json:"out"`
		W    int    `json:"w"`
		H    int    `json:"h"`
		C    int    `json:"c"`
		View View   `json:"view"`
	}
	var jobs []job
	for name := range files {
		for _, fit := range Fits() {
			for _, size := range [][3]int{{32, 32, 3}, {48, 29, 1}} {
				jobs = append(jobs, job{filepath.Join(dir, name), filepath.Join(dir, fmt.Sprintf("%d.pixels", len(jobs))), size[0], size[1], size[2], View{fit, "#3060c0"}})
			}
		}
	}
	list, err := json.Marshal(jobs)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"jobs.json": list, "recipe.py": []byte(recipe(t))} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	python := "/usr/bin/python3" // the one that Debian's python3-pil is for
	if out, err := exec.CommandContext(t.Context(), python, filepath.Join(dir, "recipe.py"), filepath.Join(dir, "jobs.json")).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	most, sum, n := 0, 0, 0
	for _, j := range jobs {
		want, err := os.ReadFile(j.Out)
		if err != nil {
			t.Fatal(err)
		}
		have, err := ReadPicture(j.File, j.H, j.W, j.C, j.View)
		if err != nil {
			t.Fatal(err)
		}
		if len(have) != len(want) {
			t.Fatalf("%+v: %d numbers; want %d", j, len(want), len(have))
		}
		worst := 0
		for i := range have {
			d := max(int(have[i]), int(want[i])) - min(int(have[i]), int(want[i]))
			worst, sum, n = max(worst, d), sum+d, n+1
		}
		if most = max(most, worst); worst > 4 {
			t.Errorf("%s to %dx%dx%d, %s: %d of 255 apart", filepath.Base(j.File), j.H, j.W, j.C, j.View.Fit, worst)
		}
	}
	t.Logf("%d pictures, at most %d of 255 apart, %.2f on average", len(jobs), most, float64(sum)/float64(n))
}
