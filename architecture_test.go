package espalier_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/espalier-nas/espalier"

// edges lists, for each package, the packages of this module that it may
// import outside tests. Imports go down only; see ARCHITECTURE.md.
var edges = map[string][]string{
	"internal/allocs":                 {},
	"internal/stream":                 {},
	"internal/bootstrap":              {},
	"internal/atomicfile":             {},
	"internal/unpack":                 {},
	"ops/internal/kernel":             {},
	"ops":                             {"ops/internal/kernel"},
	"supernet/space":                  {},
	"supernet/space/internal/conform": {"supernet/space"},
	"supernet/space/internal/chains":  {"supernet/space", "supernet/space/chain"},
	"supernet/space/chain":            {"supernet/space"},
	"supernet/space/families":         {"supernet/space", "supernet/space/chain", "supernet/space/nb201", "supernet/space/cell", "supernet/space/stages"},
	"supernet/space/cell":             {"supernet/space"},
	"supernet/space/stages":           {"supernet/space"},
	"supernet/space/nb201":            {"supernet/space"},
	"supernet/data":                   {},
	"supernet/checkpoint":             {"internal/atomicfile"},
	"supernet":                        {"internal/stream", "ops", "supernet/checkpoint", "supernet/data", "supernet/space"},
	"supernet/onnx":                   {"internal/atomicfile", "supernet", "supernet/data", "supernet/space"},
	"controller":                      {"internal/bootstrap", "internal/stream", "supernet/space"},
	"controller/table":                {"controller", "internal/bootstrap", "internal/stream", "internal/unpack", "supernet/space"},
	"predictor":                       {"internal/bootstrap", "supernet/space"},
	"predictor/devices":               {"supernet/space"},
	"predictor/table":                 {"internal/unpack", "predictor", "predictor/devices", "supernet/space"},
	"bench":                           {"internal/stream", "ops", "supernet", "supernet/space"},
	"bench/external":                  {"bench", "supernet", "supernet/onnx", "supernet/space"},
	"bench/nets":                      {"internal/stream", "ops", "supernet", "supernet/data", "supernet/space", "supernet/space/families"},
	"bench/peers":                     {"bench", "bench/nets", "ops", "supernet", "supernet/space"},
	"search":                          {"bench", "bench/external", "controller", "internal/atomicfile", "internal/stream", "ops", "predictor", "supernet", "supernet/data", "supernet/onnx", "supernet/space", "supernet/space/families"},
	"cmd/espalier":                    {"bench", "bench/external", "controller", "controller/table", "internal/atomicfile", "ops", "predictor", "predictor/table", "search", "search/config", "search/latency", "search/report", "search/rundir", "search/truth", "supernet", "supernet/checkpoint", "supernet/data", "supernet/onnx", "supernet/space", "supernet/space/families"},
}

// stdlibOnly lists packages that import nothing but the standard library.
var stdlibOnly = []string{"supernet/space", "supernet/space/chain", "supernet/space/cell", "supernet/space/nb201", "supernet/space/stages", "supernet/space/families"}

func TestImportsGoDownOnly(t *testing.T) {
	imports := sources(t)
	for pkg, list := range imports {
		allowed, known := edges[owner(pkg)]
		if !known {
			t.Errorf("package %s is not in the table of packages; add it to ARCHITECTURE.md and to this test", pkg)
			continue
		}
		for _, to := range slices.Sorted(maps.Keys(list)) {
			inside, ours := strings.CutPrefix(to, module+"/")
			if ours && owner(inside) != owner(pkg) && !slices.Contains(allowed, inside) {
				t.Errorf("%s imports %s: a new edge", pkg, inside)
			}
			if !ours && strings.Contains(strings.Split(to, "/")[0], ".") && slices.Contains(stdlibOnly, pkg) {
				t.Errorf("%s imports %s; it may import the standard library only", pkg, to)
			}
		}
	}
	used := map[[2]string]bool{}
	for pkg, list := range imports {
		for to := range list {
			used[[2]string{owner(pkg), strings.TrimPrefix(to, module+"/")}] = true
		}
	}
	for pkg, allowed := range edges {
		if imports[pkg] == nil {
			t.Errorf("package %s of the table does not exist", pkg)
		}
		for _, to := range allowed {
			if !used[[2]string{pkg, to}] {
				t.Errorf("%s does not import %s: the table has an edge that is not there", pkg, to)
			}
		}
	}
}

// owner maps the inner packages of the command and of the search to these.
func owner(pkg string) string {
	for _, whole := range []string{"cmd/espalier", "search"} {
		if strings.HasPrefix(pkg, whole+"/") {
			return whole
		}
	}
	return pkg
}

// sources returns the imports of each package's files, tests and generators
// (folders that begin with an underscore, files that are not built) left out.
func sources(t *testing.T) map[string]map[string]bool {
	t.Helper()
	found := map[string]map[string]bool{}
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := d.Name()
		if d.IsDir() {
			if name != "." && (strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || base == "testdata" || base == "tools") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(base, ".go") || strings.HasSuffix(base, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		for _, c := range f.Comments {
			if strings.Contains(c.Text(), "go:build ignore") || strings.HasPrefix(c.List[0].Text, "//go:build ignore") {
				return nil
			}
		}
		pkg := path.Clean(filepath.ToSlash(filepath.Dir(name)))
		if found[pkg] == nil {
			found[pkg] = map[string]bool{}
		}
		for _, i := range f.Imports {
			to, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			found[pkg][to] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// Every test that the documentation names is there.
func TestDocumentedTestsExist(t *testing.T) {
	written := map[string]bool{}
	names := regexp.MustCompile(`\b(?:Test|Benchmark|Fuzz)[A-Z]\w*`)
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Benchmark|Fuzz)\w*)\(`)
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, "_test.go") {
			return err
		}
		b, err := os.ReadFile(name)
		for _, m := range declared.FindAllSubmatch(b, -1) {
			written[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, page := range append(pages, "README.md", "ARCHITECTURE.md") {
		b, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names.FindAllString(string(b), -1) {
			found++
			if !written[name] {
				t.Errorf("%s names %s, which no test file has", page, name)
			}
		}
	}
	if found < 50 {
		t.Errorf("%d names of tests in the documentation; want 50 and more", found)
	}
}
