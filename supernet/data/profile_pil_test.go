//go:build pil

package data

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// convert writes pictures with profiles in every format that holds any, and how far the colours that littlecms makes of
// their numbers are from these: the mean of all differences, of 255.
const convert = `
import io, json, sys
from PIL import Image, ImageCms
dir, own = sys.argv[1], ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
profiles = {n: open(f"{dir}/{n}.icc", "rb").read() for n in json.load(open(f"{dir}/names.json"))} | {"like PIL's": own}
apart = {}
for name, icc in profiles.items():
    grey = icc[16:20] == b"GRAY"
    picture = Image.merge("RGB", [Image.linear_gradient("L"), Image.linear_gradient("L").rotate(90), Image.radial_gradient("L")])
    if grey:
        picture = Image.linear_gradient("L")
    seen = ImageCms.profileToProfile(picture, ImageCms.ImageCmsProfile(io.BytesIO(icc)), ImageCms.createProfile("sRGB"), outputMode="RGB")
    a, b = picture.convert("RGB").tobytes(), seen.tobytes()
    apart[name] = sum(abs(x - y) for x, y in zip(a, b)) / len(a)
    for ending in ["png", "jpg", "tiff"] + ([] if grey else ["webp"]):
        picture.resize((16, 16)).save(f"{dir}/{name}.{ending}", icc_profile=icc)
json.dump(apart, open(f"{dir}/apart.json", "w"))
`

// Who is told that a profile is not applied would see other colours with it, by littlecms, and nobody else would.
func TestColoursThatDifferAreTold(t *testing.T) {
	files, names := map[string][]byte{"convert.py": []byte(convert)}, []string(nil)
	for name, p := range profiles() {
		files[name+".icc"], names = p, append(names, name)
	}
	files["names.json"], _ = json.Marshal(names)
	dir := tree(t, files)
	if out, err := exec.CommandContext(t.Context(), "/usr/bin/python3", filepath.Join(dir, "convert.py"), dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(dir, "apart.json"))
	if err != nil {
		t.Fatal(err)
	}
	var apart map[string]float64
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&apart); err != nil {
		t.Fatal(err)
	}
	for name, by := range apart {
		told, pictures := !strings.HasPrefix(name, "like"), 0
		t.Logf("%s: %.1f of 255", name, by)
		if told && by < 3 || !told && by > 3 {
			t.Errorf("%s: told is %t, colours are %.1f of 255 apart on average", name, told, by)
		}
		for _, ending := range []string{"png", "jpg", "tiff", "webp"} {
			path := filepath.Join(dir, name+"."+ending)
			if _, err := os.Stat(path); err != nil {
				continue
			}
			pictures++
			if got, err := ColourProfile(path); err != nil || (got != "") != told {
				t.Errorf("%s says %q (%v); told should be %t", path, got, err, told)
			}
		}
		if pictures < 3 {
			t.Errorf("%s: %d pictures; want 3 at least", name, pictures)
		}
	}
}
