package config

import (
	"fmt"
	"strings"
	"testing"
)

func TestNumbersAreFinite(t *testing.T) {
	const document = `
train: {lr: .inf, clip: .inf, momentum: .nan, muon_ratio: -.inf}
finish: {lr: .inf, epochs: 1}
search: {reward: {weight: -.inf}, strategies: {rl: {rate: .inf}}}
`
	path := write(t, document)
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	c = resolved(t, c)
	err = Located(fmt.Errorf("%s%w", invalid, c.Validate()), path)
	want := strings.Join([]string{
		"configuration " + path + ":",
		"[2:59] train.muon_ratio is -Inf; want more than 0",
		"[2:41] train.momentum is NaN; want a share from 0 to below 1",
		"[2:13] train.lr is +Inf; want a finite number",
		"[2:25] train.clip is +Inf; want a finite number",
		"[4:27] search.reward.weight is -Inf; want a finite number",
		"[4:59] search.strategies.rl.rate is +Inf; want a finite number",
		"[3:14] finish.lr is +Inf; want a finite number",
	}, "\n")
	if err == nil || err.Error() != want {
		t.Errorf("%v\nwant\n%s", err, want)
	}
}
