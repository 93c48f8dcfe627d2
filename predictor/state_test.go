package predictor

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/espalier-nas/espalier/supernet/space"
)

// stateful is a model that can be saved.
type stateful interface {
	Predictor
	json.Marshaler
	json.Unmarshaler
}

// makers return unfitted models, fresh at each call.
func makers(t testing.TB) map[string]func() stateful {
	size := func(a space.Arch) float64 { return float64(1 + a.Gene(0) + a.Gene(a.Len()-1)) }
	in := Inputs{Features: oneHot(plantedChoices), FLOPs: size, Params: size}
	out := make(map[string]func() stateful)
	for _, name := range Names() {
		out[name] = func() stateful { return mustNew(t, name, in, Options{Seed: 3}).(stateful) }
	}
	plan := func(a space.Arch) space.Plan {
		var p space.Plan
		for g := range a.Len() {
			p = append(p, space.Step{Layer: space.Layer{Op: space.Conv, H: 8, W: 8, InC: 8, OutC: 8 + 8*a.Gene(g), K: space.Square(3), S: 1, G: 1}, In: []int{g - 1}})
		}
		return p
	}
	table := func(l space.Layer) (float64, bool) { return float64(l.FLOPs()) * 1e-9, true }
	out["latency"] = func() stateful {
		p, err := NewLatency(plan, table, in, Options{Seed: 3})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	return out
}

func positive(y []float64) []float64 {
	out := slices.Clone(y)
	for i := range out {
		out[i] += 1 - slices.Min(y)
	}
	return out
}

func TestStateRestoresBits(t *testing.T) {
	archs, y := planted(40, 0.5, 1)
	y = positive(y)
	fresh, _ := planted(300, 0, 2)
	for name, fresher := range makers(t) {
		for _, n := range []int{6, 40} {
			p := fresher()
			if _, err := json.Marshal(p); err == nil || !strings.Contains(err.Error(), "nothing fitted") {
				t.Errorf("%s: saving an unfitted model: error %v", name, err)
			}
			if err := p.Fit(archs[:n], y[:n]); err != nil {
				t.Fatal(err)
			}
			data, err := json.Marshal(p)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			q := fresher()
			if err := json.Unmarshal(data, q); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			m, s := p.Predict(fresh)
			m2, s2 := q.Predict(fresh)
			if !slices.Equal(m, m2) || !slices.Equal(s, s2) {
				t.Errorf("%s from %d examples: restored model predicts other bits", name, n)
			}
			again, err := json.Marshal(q)
			if err != nil || string(again) != string(data) {
				t.Errorf("%s: restored model saves other bytes (error %v)", name, err)
			}
		}
	}
}

func TestStateErrors(t *testing.T) {
	archs, y := planted(40, 0.5, 1)
	y = positive(y)
	for name, fresher := range makers(t) {
		p := fresher()
		if err := p.Fit(archs, y); err != nil {
			t.Fatal(err)
		}
		data, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		before, _ := p.Predict(archs)
		text := string(data)
		for what, bad := range map[string]string{
			"empty object":  `{}`,
			"other model":   `{"model":"other"}`,
			"not an object": `[1]`,
			"unknown field": strings.Replace(text, `"model"`, `"modle"`, 1),
			"only a name":   `{"model":"` + name + `"}`,
		} {
			if what == "only a name" && (name == "flops" || name == "params") {
				continue // a Scalar of zeros is a valid, if dull, model
			}
			if err := json.Unmarshal([]byte(bad), p); err == nil || what != "not an object" && !strings.Contains(err.Error(), "predictor "+name) {
				t.Errorf("%s, %s: error %v; want one that names the model", name, what, err)
			}
		}
		if after, _ := p.Predict(archs); !slices.Equal(before, after) {
			t.Errorf("%s: a refused state changed the model", name)
		}
	}
}

// FuzzState feeds bytes to every model: it must refuse them, or predict with
// them without a panic other than that of another number of features.
func FuzzState(f *testing.F) {
	var archs []space.Arch // of two genes, so that states stay small
	var y []float64
	for i := range 16 {
		archs = append(archs, space.NewArch([]uint8{uint8(i / 4), uint8(i % 4)}))
		y = append(y, float64(i*i+1))
	}
	all := makers(f)
	for _, fresher := range all {
		for _, n := range []int{6, 16} {
			p := fresher()
			if err := p.Fit(archs[:n], y[:n]); err != nil {
				f.Fatal(err)
			}
			data, err := json.Marshal(p)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Add([]byte(`{"model":"fm","extras":[{},{}],"warp":{"kind":"ranks","score":[0],"value":[1]},"posterior":{"interacting":0,"columns":2,"machines":[{"w":[0,0],"alpha":1}]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, fresher := range all {
			p := fresher()
			if json.Unmarshal(data, p) != nil {
				continue
			}
			func() {
				defer func() {
					if r := recover(); r != nil && r != badFeatures {
						t.Errorf("%T: panic %v", p, r)
					}
				}()
				p.Predict(archs)
			}()
		}
	})
}
