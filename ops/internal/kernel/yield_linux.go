package kernel

import "syscall"

// yield lets another thread that waits for this core run first, if there is one.
func yield() { syscall.RawSyscall(syscall.SYS_SCHED_YIELD, 0, 0, 0) }
