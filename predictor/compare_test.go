package predictor

import (
	"strings"
	"testing"
)

func TestCompareRanksModels(t *testing.T) {
	archs, y := planted(120, 0.3, 1)
	models, err := Models(nb201Inputs(), Options{})
	if err != nil || len(models) != 4 {
		t.Fatalf("%d models, error %v; want 4", len(models), err)
	}
	in := plantedInputs()
	models, err = Models(in, Options{Seed: 2})
	if err != nil {
		t.Fatal(err)
	}
	got, err := Compare(models, archs, y, 5, 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].Model != "fm" || got[1].Model != "ridge" {
		t.Fatalf("standings %+v; want fm and ridge, for no size is given", got)
	}
	if fm, ridge := got[0].Report, got[1].Report; fm.N != 120 || fm.KendallLo < ridge.KendallHi {
		t.Errorf("fm %v, ridge %v; want fm clearly ahead on %d examples", fm, ridge, 120)
	}
	if _, err := Compare(models, archs[:2], y[:2], 2, 1); err == nil || !strings.Contains(err.Error(), "predictor fm") {
		t.Errorf("error %v; want one that names the model", err)
	}
	if _, err := Models(Inputs{}, Options{}); err == nil {
		t.Error("models without features: no error")
	}
}
