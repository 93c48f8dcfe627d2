package config

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// A toggle is written as people write it, and read back.
func TestToggle(t *testing.T) {
	for text, want := range map[string]Toggle{"true": On, "on": On, "false": Off, "off": Off, "auto": Auto, `"true"`: On} {
		c := Default()
		if err := decode("x.yaml", []byte("train: {flip: "+text+"}"), &c); err != nil || c.Train.Flip != want {
			t.Errorf("%s is read as %q (%v); want %q", text, c.Train.Flip, err, want)
		}
	}
	c := Default()
	if err := decode("x.yaml", []byte("train: {flip: maybe}"), &c); err == nil || !strings.Contains(err.Error(), "neither true") {
		t.Errorf("maybe: %v", err)
	}
}

func TestAmounts(t *testing.T) {
	for text, want := range map[string]Amount{"auto": AutoAmount, "0": 0, "3": 3, "2.5": 2.5} {
		c := Default()
		if err := decode("x.yaml", []byte("train: {plain: "+text+"}"), &c); err != nil || c.Train.Plain != want {
			t.Errorf("%s is read as %v (%v); want %v", text, c.Train.Plain, err, want)
		}
		if back, err := want.MarshalText(); err != nil || string(back) != text {
			t.Errorf("%v is written as %q (%v); want %q", want, back, err, text)
		}
	}
	for _, text := range []string{"some", "-2", "-1"} {
		c := Default()
		if err := decode("x.yaml", []byte("train: {plain: "+text+"}"), &c); err == nil || !strings.Contains(err.Error(), "nor auto") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestEnergies(t *testing.T) {
	for text, want := range map[string]Energy{"3mJ": 3e-3, "0.5J": 0.5, "250uJ": 250e-6, "12µJ": 12e-6, "0": 0, "0J": 0, "1e-3J": 1e-3} {
		c := Default()
		if err := decode("x.yaml", []byte("limits: {energy: "+text+"}"), &c); err != nil || math.Abs(float64(c.Limits.Energy-want)) > 1e-15 {
			t.Errorf("%s is read as %v (%v); want %v", text, c.Limits.Energy, err, want)
		}
	}
	for _, text := range []string{"3", "mJ", "-1J", "NaNJ", "InfJ", "3 kWh"} {
		c := Default()
		if err := decode("x.yaml", []byte("limits: {energy: "+text+"}"), &c); err == nil || !strings.Contains(err.Error(), "such as 3mJ") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestCount(t *testing.T) {
	for text, want := range map[string]Count{"0": 0, "250k": 250e3, "20M": 20e6, "1.5G": 15e8, "7": 7} {
		var c Count
		if err := c.UnmarshalText([]byte(text)); err != nil || c != want {
			t.Errorf("%s is %d, %v; want %d", text, c, err, want)
		}
	}
	for thousandths := range int64(70_000) { // in decimals every one of them is a whole number
		text := fmt.Sprintf("%d.%03d", thousandths/1000, thousandths%1000)
		for suffix, each := range map[string]int64{"k": 1, "M": 1e3, "G": 1e6} {
			var c Count
			if err := c.UnmarshalText([]byte(text + suffix)); err != nil || int64(c) != thousandths*each {
				t.Fatalf("%s%s is %d, %v; want %d", text, suffix, c, err, thousandths*each)
			}
		}
	}
	for _, text := range []string{"", "k", "-1", "1.5", "NaN", "1e300G", "3X", "0x10", "1.0001k"} {
		var c Count
		if err := c.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is %d; want an error", text, c)
		}
	}
}
