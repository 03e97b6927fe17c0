// Waiting for several pipes at once, with a time limit: the system call, which the standard library keeps to itself.
package session

import (
	"syscall"
	"time"
	"unsafe"
)

const (
	pollIn  = 0x1
	pollOut = 0x4
	pollErr = 0x8
	pollHup = 0x10
)

// pollFd is the kernel's struct pollfd. A negative descriptor is left out.
type pollFd struct {
	fd      int32
	events  int16
	revents int16
}

// poll waits until one of them is ready, at most for the given time; false when none was.
func poll(fds []pollFd, limit time.Duration) bool {
	end := time.Now().Add(limit)
	for {
		left := max(time.Until(end), 0)
		wait := syscall.NsecToTimespec(left.Nanoseconds())
		n, _, errno := syscall.Syscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&fds[0])), uintptr(len(fds)),
			uintptr(unsafe.Pointer(&wait)), 0, 0, 0)
		if errno != syscall.EINTR {
			return errno == 0 && n > 0
		}
	}
}
