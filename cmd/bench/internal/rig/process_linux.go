package rig

import "syscall"

// dieWithParent has the kernel kill a child whose parent is gone, however it went.
func dieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
