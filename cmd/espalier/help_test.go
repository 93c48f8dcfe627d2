package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"

	"github.com/espalier-nas/espalier/search/config"
)

// inWords are flags whose default help says in words.
var inWords = []string{"--data=embedded pictures", "--cache=a quarter of the memory that is free", "--workers=one per processor", "--kernel=the best", "--out=espalier-run-N"}

// What help of search calls a default is one: given on the command line it changes nothing of
// the default configuration. Every flag that stands for a number or a name of it says so.
func TestHelpTellsDefaults(t *testing.T) {
	model, err := kong.New(new(grammar), helpVars())
	if err != nil {
		t.Fatal(err)
	}
	// fine is how files say that labels are not chosen; the space has its name until it is resolved
	want := config.Default()
	want.Data.Labels = "fine"
	if err := want.Space.Resolve(); err != nil {
		t.Fatal(err)
	}
	told := regexp.MustCompile(`\(default: ([^)]*)\)`)
	found := map[string]bool{}
	for _, node := range model.Model.Children {
		if node.Name != "search" {
			continue
		}
		for _, f := range node.Flags {
			m := told.FindStringSubmatch(f.Help)
			if m == nil {
				continue
			}
			found[f.Name] = true
			flag := "--" + f.Name + "=" + m[1]
			if strings.Contains(strings.Join(inWords, "|"), flag) {
				continue
			}
			c := parse(t, flag)
			got, err := c.configFlags.load()
			if err != nil {
				t.Fatal(err)
			}
			c.searchFlags.apply(&got)
			if got.Data.Labels == "" {
				got.Data.Labels = "fine"
			}
			if err := got.Space.Resolve(); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%s is called a default (-default +with it):\n%s", flag, d)
			}
		}
	}
	for _, name := range strings.Fields("data fit background labels cache space budget sampler batch lr seed workers kernel strategy score trials sweep top networks seeds") {
		if !found[name] {
			t.Errorf("help says no default of --%s", name)
		}
	}
}

// Help of flags that have a default of their own shows it, once.
func TestHelpShowsDefaultsOfTags(t *testing.T) {
	s, twice := newShell(t), regexp.MustCompile(`\(default: [^)]*\)[;. ]*\(default: `)
	for command, want := range map[string]string{
		"compare": "(default: 200)", "classify": "(default: 1)", "verify": "(default: 1000)", "fidelity": "(default: 32)", "tabular": "(default: 1)", "search": "(default: 8)",
	} {
		got := strings.Join(strings.Fields(s.must(command, "--help")), " ")
		if !strings.Contains(got, want) {
			t.Errorf("%s: %q is missing in\n%s", command, want, got)
		}
		if twice.MatchString(got) {
			t.Errorf("%s: a default is told twice in\n%s", command, got)
		}
	}
}

// Help of trainings of many networks tells how long each is.
func TestHelpTellsTheLengthOfTrainings(t *testing.T) {
	for _, command := range []string{"fidelity", "tabular"} {
		got := strings.Join(strings.Fields(newShell(t).must(command, "--help")), " ")
		if strings.Contains(got, "a budget") || !strings.Contains(got, "of each network (default: 6)") {
			t.Errorf("%s: help does not tell how long each training is:\n%s", command, got)
		}
	}
}

// Commands have no flag that would change nothing: neither help nor parsing knows them.
func TestFlagsThatChangeNothingAreUnknown(t *testing.T) {
	s := newShell(t)
	for command, flags := range map[string]string{
		"spaces": "seed workers kernel budget sampler epochs steps batch lr", "draw": "seed workers kernel budget sampler epochs steps batch lr",
		"measure": "budget sampler epochs steps lr", "fidelity": "budget sampler", "tabular": "budget sampler",
	} {
		help := s.must(command, "--help")
		for _, name := range strings.Fields(flags) {
			if code, _, said := s.run(t.Context(), command, "--"+name+"=1"); code != exitUsage || !strings.Contains(said, "unknown flag --"+name) {
				t.Errorf("%s --%s: exit code %d, %s; want an unknown flag", command, name, code, said)
			}
			if strings.Contains(help, "--"+name+"=") {
				t.Errorf("help of %s lists --%s", command, name)
			}
		}
	}
}

// Help can be asked for as a command.
func TestHelpIsACommand(t *testing.T) {
	s := newShell(t)
	for _, c := range [][2][]string{{{"help"}, {"--help"}}, {{"help", "search"}, {"search", "--help"}}, {{"help", "predictor", "latency"}, {"predictor", "latency", "--help"}}} {
		if got, want := s.must(c[0]...), s.must(c[1]...); got != want || got == "" {
			t.Errorf("%q says something else than %q:\n%s", c[0], c[1], got)
		}
	}
	if code, _, said := s.run(t.Context(), "help", "trian"); code != exitUsage || !strings.Contains(said, `did you mean "train"`) {
		t.Errorf("help trian: exit code %d, %s; want what was meant", code, said)
	}
}
