package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// arm is a program that times convolutions: ours or a peer. It is a process of
// its own with a fixed number of threads, and stands still except while it is
// asked, so that threads which wait by spinning take nothing from the others.
type arm struct {
	name    string
	threads int
	about   string // what it says of itself: library and version
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
}

// answer is what an arm says to a request.
type answer struct {
	times
	digest
	note        string // the kernel or layout that it chose
	unsupported string // why it has no such pass; empty if it has
}

// startArm starts argv with the number of threads as its last argument and waits
// until it is ready. The arm ends with ctx.
func startArm(ctx context.Context, name string, threads int, argv []string) (*arm, error) {
	count := fmt.Sprint(threads)
	a := &arm{name: name, threads: threads, cmd: exec.CommandContext(ctx, argv[0], append(slices.Clone(argv[1:]), count)...)}
	a.cmd.Env = append(os.Environ(), "OMP_NUM_THREADS="+count, "OPENBLAS_NUM_THREADS="+count, "MKL_NUM_THREADS="+count)
	a.cmd.Stderr = os.Stderr
	dieWithParent(a.cmd)
	var err error
	if a.in, err = a.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("arm %s: %w", name, err)
	}
	out, err := a.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("arm %s: %w", name, err)
	}
	a.out = bufio.NewReader(out)
	if err := a.cmd.Start(); err != nil {
		return nil, fmt.Errorf("arm %s: %w", name, err)
	}
	line, err := a.out.ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("arm %s: ended before it was ready: %w", name, err)
	}
	about, ok := strings.CutPrefix(strings.TrimSpace(line), "ready ")
	if !ok {
		return nil, fmt.Errorf("arm %s: said %q, expected ready and what it is", name, strings.TrimSpace(line))
	}
	a.about = about
	return a, a.halt()
}

// ask wakes the arm, sends it a request and waits for its answer.
func (a *arm) ask(request string) (answer, error) {
	if err := a.wake(); err != nil {
		return answer{}, err
	}
	if _, err := io.WriteString(a.in, request); err != nil {
		return answer{}, fmt.Errorf("arm %s: %w", a.name, err)
	}
	line, err := a.out.ReadString('\n')
	if err != nil {
		return answer{}, fmt.Errorf("arm %s: no answer to %q: %w", a.name, strings.TrimSpace(request), err)
	}
	reply, err := parseAnswer(line)
	if err != nil {
		return answer{}, fmt.Errorf("arm %s, request %q: %w", a.name, strings.TrimSpace(request), err)
	}
	return reply, a.halt()
}

// parseAnswer reads "ok MEDIAN BEST DOT NORM NOTE", with times in seconds, or
// "unsupported WHY", or "error WHY".
func parseAnswer(line string) (answer, error) {
	line = strings.TrimSpace(line)
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "unsupported":
		return answer{unsupported: rest}, nil
	case "error":
		return answer{}, fmt.Errorf("%s", rest)
	case "ok":
	default:
		return answer{}, fmt.Errorf("answer %q: expected ok, unsupported or error", line)
	}
	var a answer
	if _, err := fmt.Sscan(rest, &a.median, &a.best, &a.dot, &a.norm); err != nil {
		return answer{}, fmt.Errorf("answer %q: %w", line, err)
	}
	if !(a.best > 0) || !(a.median >= a.best) {
		return answer{}, fmt.Errorf("answer %q: times must be positive, the median no less than the best", line)
	}
	a.note = strings.Join(strings.Fields(rest)[4:], " ")
	return a, nil
}

// String is the inverse of parseAnswer.
func (a answer) String() string {
	if a.unsupported != "" {
		return "unsupported " + a.unsupported
	}
	return fmt.Sprintf("ok %.9g %.9g %.9g %.9g %s", a.median, a.best, a.dot, a.norm, a.note)
}

// close lets the arm end, waits for it, and returns the processor time that it
// used.
func (a *arm) close() (time.Duration, error) {
	if err := a.wake(); err != nil {
		return 0, err
	}
	if err := a.in.Close(); err != nil {
		return 0, fmt.Errorf("arm %s: %w", a.name, err)
	}
	if err := a.cmd.Wait(); err != nil {
		return 0, fmt.Errorf("arm %s: %w", a.name, err)
	}
	return a.cmd.ProcessState.UserTime() + a.cmd.ProcessState.SystemTime(), nil
}
