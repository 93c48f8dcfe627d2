//go:build linux

// Command budgets measures what runs take of the time and the memory that they say: for
// commands, spaces, budgets, sizes of pictures and numbers of classes it makes pictures, runs
//
//	espalier search --space NAME --data DIR --budget B
//
// or train or fidelity, and prints a row of a table in Markdown: time asked for and taken,
// memory computed and at its peak, the share of processor time that went into collecting
// garbage, and the words with which a run was refused.
//
//	go run ./.ci/budgets [-commands search] [-spaces chain] [-budgets 20s,60s] [-sizes 28,64,128,224] [-classes 2,10,1000] [-dir FOLDER]
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
	commands := flag.String("commands", "search", "commands: search, train, fidelity")
	spaces := flag.String("spaces", "chain", "search spaces")
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
	fmt.Println("| command | space | pixels | classes | asked | taken | | computed MiB | peak MiB | | collecting | |\n|---|---|---|---|---|---|---|---|---|---|---|---|")
	for _, size := range numbers(*sizes) {
		for _, k := range numbers(*classes) {
			pictures := filepath.Join(*dir, fmt.Sprintf("pictures-%d-%d", size, k))
			check(draw(pictures, size, k))
			for _, command := range strings.Split(*commands, ",") {
				for _, space := range strings.Split(*spaces, ",") {
					for _, budget := range strings.Split(*budgets, ",") {
						out := filepath.Join(*dir, fmt.Sprintf("%s-%s-%d-%d-%s", command, space, size, k, budget))
						fmt.Println(measure(binary, command, space, pictures, out, size, k, budget))
					}
				}
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

// What runs tell: what memory they need, and with GODEBUG=gctrace=1 each collection and the share so far.
var (
	needed     = regexp.MustCompile(`^memory  needed ([0-9.]+) (MiB|GiB)`)
	collection = regexp.MustCompile(`^gc \d+ @[0-9.]+s (\d+)%`)
)

// arguments returns those of a command; fidelity knows no budget, and trains few networks for a short time instead.
func arguments(command, space, pictures, out, budget string) []string {
	if command == "fidelity" {
		return []string{command, "--space", space, "--data", pictures, "--truth", out + ".csv", "--count", "4", "--seeds", "1", "--epochs", "2"}
	}
	return []string{command, "--space", space, "--data", pictures, "--budget", budget, "--out", out}
}

// measure runs a command and returns the row of the table.
func measure(binary, command, space, pictures, out string, size, classes int, budget string) string {
	check(os.RemoveAll(out))
	check(os.RemoveAll(out + ".csv"))
	c := exec.Command(binary, arguments(command, space, pictures, out, budget)...)
	var told bytes.Buffer
	c.Stderr = &told
	c.Env = append(os.Environ(), "GODEBUG=gctrace=1")
	start := time.Now()
	err := c.Run()
	took := time.Since(start)
	asked, perr := time.ParseDuration(budget)
	check(perr)
	computed, collecting, last := 0.0, "", ""
	for _, line := range strings.Split(strings.TrimSpace(told.String()), "\n") {
		if m := needed.FindStringSubmatch(line); m != nil { // the last one counts
			computed, perr = strconv.ParseFloat(m[1], 64)
			check(perr)
			if m[2] == "GiB" {
				computed *= 1024
			}
		}
		if m := collection.FindStringSubmatch(line); m != nil {
			collecting = m[1] + " %"
		} else {
			last = line
		}
	}
	peak := float64(c.ProcessState.SysUsage().(*syscall.Rusage).Maxrss) / 1024
	verdict := ""
	if err != nil {
		verdict = "refused: " + strings.TrimPrefix(last, "espalier: ")
	}
	off := fmt.Sprintf("%+.0f %%", 100*(took.Seconds()/asked.Seconds()-1))
	if command == "fidelity" {
		budget, off = "", ""
	}
	return fmt.Sprintf("| %s | %s | %d | %d | %s | %.1f s | %s | %.0f | %.0f | %+.0f %% | %s | %s |", command, space, size, classes, budget, took.Seconds(), off, computed, peak, 100*(peak/computed-1), collecting, verdict)
}
