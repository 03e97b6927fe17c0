// How is the main process told to end, when it may not listen yet?
package session

import (
	"syscall"
	"time"
)

// The kernel drops a TERM to process 1 of a container as long as that has no handler for it: it may just have been started.
// So it is told again, a few times. One that has heard it ends, and everything in the container with it.
var releasePauses = []time.Duration{0, 100 * time.Millisecond, 400 * time.Millisecond, 2 * time.Second}

func terminate() error { return syscall.Kill(1, syscall.SIGTERM) }

// release gives the error of the order that could not be given.
func release(order func() error, sleep func(time.Duration)) error {
	for _, pause := range releasePauses {
		sleep(pause)
		if err := order(); err != nil {
			return err
		}
	}
	return nil
}
