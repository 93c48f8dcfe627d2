package nets

import "github.com/espalier-nas/espalier/supernet/space"

// drawnText is the first draw of Python's random.Random(7); see OFA32.Drawn.
const drawnText = "2:3:4 7:3 2:7:3 5:6 - 2:3:3 5:4 - 2:7:4 3:6 - 2:7:6 5:3 -"

// sandwichTexts are the first draws of Python's random.Random(1), two a line,
// made like drawnText.
var sandwichTexts = [...][2]string{
	{"1:7:3 - 3:5:4 7:4 3:3 3:3:4 5:6 3:6 3:5:6 3:6 3:4 2:3:3 7:6 -", "1:5:6 - 2:5:4 7:3 - 2:5:4 3:4 - 2:3:6 7:4 - 3:7:6 7:4 7:6"},
	{"1:5:4 - 3:7:3 5:3 7:4 3:7:3 5:6 7:6 3:3:4 7:6 3:3 3:5:4 7:3 5:3", "2:7:6 7:6 3:7:3 3:6 3:3 2:7:6 3:4 - 3:5:4 7:6 7:6 2:5:6 7:3 -"},
	{"1:5:3 - 2:7:4 5:4 - 2:7:6 7:6 - 2:3:6 3:6 - 2:7:4 3:6 -", "1:5:3 - 3:3:6 3:4 5:3 2:3:4 7:3 - 3:5:6 5:4 5:3 2:5:4 5:4 -"},
	{"1:5:6 - 3:3:3 3:4 3:3 2:5:6 7:6 - 2:7:6 7:4 - 2:5:6 7:4 -", "2:3:6 5:3 2:3:4 3:3 - 2:5:6 5:3 - 2:7:3 7:4 - 2:5:3 5:3 -"},
	{"2:7:3 5:3 3:5:6 5:3 5:6 3:5:3 3:3 5:6 2:5:4 3:4 - 3:7:4 7:6 5:6", "1:3:6 - 2:3:3 7:3 - 3:5:4 5:3 5:3 3:3:6 7:3 5:3 3:3:4 3:3 5:3"},
	{"2:3:6 7:3 2:5:4 5:6 - 3:5:3 3:4 3:6 2:3:4 3:3 - 3:3:3 5:3 7:3", "1:7:3 - 3:7:4 7:4 5:3 2:7:4 3:3 - 3:5:4 5:4 3:3 3:7:4 3:4 3:6"},
	{"2:7:4 5:3 2:5:3 3:4 - 2:5:3 7:6 - 2:5:4 3:4 - 3:3:4 3:6 7:6", "1:3:3 - 3:3:4 7:3 7:3 2:7:3 5:4 - 2:3:6 5:3 - 2:3:3 3:4 -"},
	{"2:3:3 3:6 2:5:6 7:6 - 2:3:4 5:6 - 2:5:3 7:4 - 3:7:4 7:4 3:4", "2:3:4 5:3 3:7:3 3:6 5:6 2:7:3 3:4 - 3:3:6 3:3 5:3 2:7:4 7:6 -"},
}

// parseDraws turns the texts into architectures of the space.
func (f *OFA32) parseDraws() (err error) {
	if f.drawn, err = f.Space().Parse(drawnText); err != nil {
		return err
	}
	for _, pair := range sandwichTexts {
		step := []space.Arch{f.Extremes().Largest, f.Extremes().Smallest}
		for _, text := range pair {
			a, err := f.Space().Parse(text)
			if err != nil {
				return err
			}
			step = append(step, a)
		}
		f.sandwiches = append(f.sandwiches, step)
	}
	return nil
}

// Drawn returns the network that stands for a middling one: the first draw of
// Python's random.Random(7), per stage a depth and then for each of its blocks,
// used or not, a kernel and an expansion.
func (f *OFA32) Drawn() space.Arch { return f.drawn }

// Sandwiches returns the architectures of a cycle of sandwich steps: in each the
// largest, the smallest, and two random ones that differ from step to step.
func (f *OFA32) Sandwiches() [][]space.Arch { return f.sandwiches }
