//go:build linux

// Command budgets measures what a search takes of the time and the memory that it says: for
// budgets, sizes of pictures and numbers of classes it makes pictures, runs
//
//	espalier search --data DIR --budget B
//
// and prints a row of a table in Markdown: time asked for and taken, memory computed and at
// its peak, or the words with which the search was refused.
//
//	go run ./.ci/budgets [-budgets 20s,60s] [-sizes 28,64,128,224] [-classes 2,10,1000] [-dir FOLDER]
package main

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"log"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	log.SetFlags(0)
	budgets := flag.String("budgets", "20s,60s", "budgets")
	sizes := flag.String("sizes", "28,64,128,224", "sides of pictures, pixels")
	classes := flag.String("classes", "2,10,1000", "numbers of classes")
	dir := flag.String("dir", "", "folder for pictures and runs, kept afterwards (default: a temporary one)")
	flag.Parse()
	if *dir == "" {
		tmp, err := os.MkdirTemp("", "budgets")
		check(err)
		defer os.RemoveAll(tmp)
		*dir = tmp
	}
	binary := filepath.Join(*dir, "espalier")
	check(run("go", "build", "-o", binary, "./cmd/espalier"))
	fmt.Println("| pixels | classes | asked | taken | | computed MiB | peak MiB | |\n|---|---|---|---|---|---|---|---|")
	for _, size := range numbers(*sizes) {
		for _, k := range numbers(*classes) {
			pictures := filepath.Join(*dir, fmt.Sprintf("pictures-%d-%d", size, k))
			check(draw(pictures, size, k))
			for _, budget := range strings.Split(*budgets, ",") {
				fmt.Println(search(binary, pictures, filepath.Join(*dir, fmt.Sprintf("run-%d-%d-%s", size, k, budget)), size, k, budget))
			}
		}
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func run(name string, args ...string) error {
	c := exec.Command(name, args...)
	c.Stdout, c.Stderr = os.Stderr, os.Stderr
	return c.Run()
}

func numbers(list string) (out []int) {
	for _, text := range strings.Split(list, ",") {
		n, err := strconv.Atoi(text)
		check(err)
		out = append(out, n)
	}
	return out
}

// leastPictures are made in all, and perClass of each class at least.
const leastPictures, perClass = 1000, 8

// draw writes pictures of discs and stripes, whose size and slope tell the class.
func draw(dir string, size, classes int) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	r := rand.New(rand.NewPCG(uint64(size), uint64(classes)))
	for i := range max(leastPictures, perClass*classes) {
		c := i % classes
		m := image.NewRGBA(image.Rect(0, 0, size, size))
		x0, y0, shade := r.IntN(size), r.IntN(size), r.IntN(100)
		radius := size * (1 + c%7) / 20
		for y := range size {
			for x := range size {
				v := uint8(shade + 40*((x*(c/7%5)+y*(1+c/35))*8/size%3))
				if (x-x0)*(x-x0)+(y-y0)*(y-y0) < radius*radius {
					v = 240
				}
				m.SetRGBA(x, y, color.RGBA{v, v / 2, uint8(c), 255})
			}
		}
		var b bytes.Buffer
		if err := jpeg.Encode(&b, m, nil); err != nil {
			return err
		}
		folder := filepath.Join(dir, fmt.Sprintf("class%04d", c))
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%06d.jpg", i)), b.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}

var needed = regexp.MustCompile(`needed="?([0-9.]+) (MiB|GiB)`)

// search runs a search and returns the row of the table.
func search(binary, pictures, out string, size, classes int, budget string) string {
	check(os.RemoveAll(out))
	c := exec.Command(binary, "search", "-q", "--data", pictures, "--budget", budget, "--out", out)
	var told bytes.Buffer
	c.Stderr = &told
	start := time.Now()
	err := c.Run()
	took := time.Since(start)
	asked, perr := time.ParseDuration(budget)
	check(perr)
	computed := "-"
	if text, err := os.ReadFile(filepath.Join(out, "log.txt")); err == nil {
		if all := needed.FindAllStringSubmatch(string(text), -1); len(all) > 0 {
			m := all[len(all)-1] // of the search, after that of training
			v, _ := strconv.ParseFloat(m[1], 64)
			if m[2] == "GiB" {
				v *= 1024
			}
			computed = fmt.Sprintf("%.0f", v)
		}
	}
	peak := float64(c.ProcessState.SysUsage().(*syscall.Rusage).Maxrss) / 1024
	verdict := ""
	if err != nil {
		lines := strings.Split(strings.TrimSpace(told.String()), "\n")
		verdict = "refused: " + strings.TrimPrefix(lines[len(lines)-1], "espalier: ")
	}
	return fmt.Sprintf("| %d | %d | %s | %.1f s | %+.0f %% | %s | %.0f | %s |", size, classes, budget, took.Seconds(), 100*(took.Seconds()/asked.Seconds()-1), computed, peak, verdict)
}
