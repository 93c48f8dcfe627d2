package main

import (
	"errors"
	"fmt"
	"os/exec"
	"syscall"
)

// dieWithParent makes the system kill the command, halted or not, when the
// thread that starts it ends.
func dieWithParent(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

// halt stops all threads of the arm where they are, and returns when they stand
// still.
func (a *arm) halt() error {
	if err := a.signal(syscall.SIGSTOP); err != nil {
		return err
	}
	for {
		var s syscall.WaitStatus
		_, err := syscall.Wait4(a.cmd.Process.Pid, &s, syscall.WUNTRACED, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil:
			return fmt.Errorf("arm %s: waiting for it to halt: %w", a.name, err)
		case s.Stopped():
			return nil
		default:
			return fmt.Errorf("arm %s: ended (status %d) when it was to halt", a.name, s.ExitStatus())
		}
	}
}

// wake lets a halted arm go on.
func (a *arm) wake() error { return a.signal(syscall.SIGCONT) }

func (a *arm) signal(s syscall.Signal) error {
	if err := a.cmd.Process.Signal(s); err != nil {
		return fmt.Errorf("arm %s: %w", a.name, err)
	}
	return nil
}
