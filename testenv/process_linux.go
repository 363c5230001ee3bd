package testenv

import "syscall"

// setDeathSignal has the kernel send sig to the child when its parent ends, however that ends.
func setDeathSignal(attr *syscall.SysProcAttr, sig syscall.Signal) { attr.Pdeathsig = sig }
