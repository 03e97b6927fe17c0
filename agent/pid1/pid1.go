// The main process of an agent container: waits, reaps orphans, ends on TERM, and may have a port for a startup probe.
package pid1

import (
	"os"
	"os/signal"
	"runtime"
	"syscall"
)

// Port is that of a startup probe; Number 0: none.
type Port struct {
	Number int
	// Answers: open from the start for an httpGet probe, which is answered when the pod is marked as ready. Otherwise it
	// opens then, for a tcpSocket probe.
	Answers bool
}

// flag is how it was asked for: what is said of it names that.
func (p Port) flag() string {
	if p.Answers {
		return "--ready-http-port"
	}
	return "--ready-port"
}

// Run returns 0 when TERM or INT comes. It returns 1 at once when the port is another's before the pod is ready: a probe
// would be answered there, and let the pod go without its networks.
func Run(port Port) int {
	// It does nothing nearly always: one thread for its own code is enough.
	runtime.GOMAXPROCS(1)
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGCHLD)
	reap()
	if port.Number != 0 {
		listener, free := unlessTaken(port)
		if !free {
			return 1
		}
		if port.Answers {
			go serveAnswers(port, listener)
		} else {
			if listener >= 0 {
				syscall.Close(listener)
			}
			go servePort(port)
		}
	}
	for received := range signals {
		if received != syscall.SIGCHLD {
			return 0
		}
		reap()
	}
	return 0
}

// reap takes leave of every child that has ended: processes whose parents ended before them become ours.
func reap() {
	for {
		pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
		if err != syscall.EINTR && pid <= 0 {
			return
		}
	}
}

func say(text string) { os.Stderr.WriteString("vxlan-agent: " + text + "\n") }
