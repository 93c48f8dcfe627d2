// Command faults plants each fault of faults.yaml, one at a time, in a copy of the
// module and tells which tests notice it. It fails if one goes unnoticed.
//
//	go run ./.ci/faults [-only TEXT] [-from N]
//
// With -check nothing is planted: it fails if a fault cannot be planted in this code, or no
// test has a name that is asked for.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// fault is a change that some test must notice.
type fault struct {
	Name     string   `yaml:"name"`
	Packages []string `yaml:"packages"` // whose tests are run
	Run      string   `yaml:"run"`      // pattern of those tests; empty: all
	Harmless bool     `yaml:"harmless"` // it changes nothing
	Edits    []edit   `yaml:"edits"`
}

// edit replaces text that occurs once in a file.
type edit struct {
	File string `yaml:"file"`
	Old  string `yaml:"old"`
	New  string `yaml:"new"`
}

const (
	list = ".ci/faults/faults.yaml"
	// skip names tests that take long and look at something else.
	skip = "TrainingLearns|NetworkCanBeTuned|Fuzz|Hostile|AllocateNothing"
)

func main() {
	log.SetFlags(0)
	only := flag.String("only", "", "plant only faults whose name contains this")
	from := flag.Int("from", 1, "begin with the fault of this number")
	dry := flag.Bool("check", false, "plant nothing: tell which faults cannot be planted")
	flag.Parse()
	if *dry {
		if err := check(); err != nil {
			log.Fatal(err)
		}
		return
	}
	missed, err := plantAll(*only, *from)
	if err != nil {
		log.Fatal(err)
	}
	if missed > 0 {
		log.Fatalf("%d faults went unnoticed", missed)
	}
}

// read reads the list.
func read() (faults []fault, err error) {
	text, err := os.ReadFile(list)
	if err != nil {
		return nil, err
	}
	if err := yaml.UnmarshalWithOptions(text, &faults, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("%s: %w", list, err)
	}
	return faults, nil
}

// check tells which faults of the list are not of this code.
func check() error {
	faults, err := read()
	if err != nil {
		return err
	}
	var wrong []error
	for i, f := range faults {
		if _, err := f.edited("."); err != nil {
			wrong = append(wrong, fmt.Errorf("fault %d, %s: %w", i+1, f.Name, err))
		}
		if err := f.hasTests(); err != nil {
			wrong = append(wrong, fmt.Errorf("fault %d, %s: %w", i+1, f.Name, err))
		}
	}
	if len(wrong) == 0 {
		fmt.Printf("%d faults can be planted\n", len(faults))
	}
	return errors.Join(wrong...)
}

var testName = regexp.MustCompile(`(?m)^func (Test\w+)\(`)

// hasTests reports packages of which no test has a name that is asked for.
func (f fault) hasTests() error {
	asked, err := regexp.Compile(f.Run)
	if err != nil {
		return err
	}
	for _, p := range f.Packages {
		files, err := filepath.Glob(filepath.Join(p, "*_test.go"))
		if err != nil {
			return err
		}
		found := false
		for _, path := range files {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, m := range testName.FindAllStringSubmatch(string(text), -1) {
				found = found || asked.MatchString(m[1])
			}
		}
		if !found {
			return fmt.Errorf("no test of %s is called %s", p, f.Run)
		}
	}
	return nil
}

// edited returns the files that the edits change, by path, as they are afterwards.
func (f fault) edited(dir string) (map[string]string, error) {
	files := make(map[string]string)
	for _, e := range f.Edits {
		path := filepath.Join(dir, e.File)
		text, known := files[path]
		if !known {
			b, err := os.ReadFile(path)
			if err != nil {
				return nil, err
			}
			text = string(b)
		}
		if n := strings.Count(text, e.Old); n != 1 {
			return nil, fmt.Errorf("%s has %q %d times; want it once", e.File, e.Old, n)
		}
		files[path] = strings.Replace(text, e.Old, e.New, 1)
	}
	return files, nil
}

// plantAll plants the faults whose name contains a text, from a number on, and
// returns how many went unnoticed.
func plantAll(only string, from int) (missed int, err error) {
	faults, err := read()
	if err != nil {
		return 0, err
	}
	dir, err := os.MkdirTemp("", "faults")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	if out, err := exec.Command("sh", "-c", `git ls-files -z | xargs -0 cp --parents -t "$0"`, dir).CombinedOutput(); err != nil {
		return 0, fmt.Errorf("copy: %w: %s", err, out)
	}
	planted := 0
	for i, f := range faults {
		if i+1 < from || !strings.Contains(f.Name, only) {
			continue
		}
		planted++
		tests, err := f.plant(dir)
		said := strings.Join(tests, ", ")
		if err != nil {
			said = "NOT PLANTED: " + err.Error()
			missed++
		} else if len(tests) == 0 && f.Harmless {
			said = "(changes nothing)"
		} else if len(tests) == 0 {
			said = "UNNOTICED"
			missed++
		}
		fmt.Printf("| %s | `%s` | %s |\n", f.Name, f.Edits[0].File, said)
	}
	fmt.Printf("%d of %d noticed or harmless\n", planted-missed, planted)
	return missed, nil
}

var failed = regexp.MustCompile(`(?m)^--- FAIL: (\w+)`)

// plant changes the copy in dir, runs the tests, changes it back and returns the
// tests that failed.
func (f fault) plant(dir string) (tests []string, err error) {
	before := make(map[string][]byte)
	defer func() {
		for path, text := range before {
			if e := os.WriteFile(path, text, 0o644); e != nil && err == nil {
				err = e
			}
		}
	}()
	files, err := f.edited(dir)
	if err != nil {
		return nil, err
	}
	for path, text := range files {
		if before[path], err = os.ReadFile(path); err != nil {
			return nil, err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return nil, err
		}
	}
	for _, p := range f.Packages {
		args := []string{"test", "-short", "-timeout", "5m", "-skip", skip}
		if f.Run != "" {
			args = append(args, "-run", f.Run)
		}
		c := exec.Command("go", append(args, p)...)
		c.Dir = dir
		out, err := c.CombinedOutput()
		found := failed.FindAllStringSubmatch(string(out), -1)
		for _, m := range found {
			tests = append(tests, m[1])
		}
		if strings.Contains(string(out), "panic:") {
			tests = append(tests, "a panic")
		}
		if err != nil && len(found) == 0 && !strings.Contains(string(out), "panic:") {
			return nil, fmt.Errorf("%s does not build: %s", p, out)
		}
	}
	slices.Sort(tests)
	return slices.Compact(tests), nil
}
