// The main process of an agent container: waits, reaps orphans, ends on TERM, and may open a port for a startup probe.
package pid1

import (
	"os"
	"os/signal"
	"runtime"
	"syscall"
)

// Run returns 0 when TERM or INT comes. `port`: opened when the pod is marked as ready; 0: none. It returns 1 at once when
// the port is another's before the pod is ready: a probe would be answered there, and let the pod go without its networks.
func Run(port int) int {
	// It does nothing nearly always: one thread for its own code is enough.
	runtime.GOMAXPROCS(1)
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGCHLD)
	reap()
	if port != 0 {
		if answeredByAnother(port) {
			return 1
		}
		go servePort(port)
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
