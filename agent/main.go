// Which role does the program play: the session of the controller, or the main process of the agent container?
package main

import (
	"os"
	"runtime"
	"strconv"
	"strings"

	"vxlan-agent/pid1"
	"vxlan-agent/session"
)

const usage = `vxlan-agent                               reads lines for ip and bridge on stdin (see README.md)
vxlan-agent pid1 [--ready-port=N]         waits as the main process of a container, until TERM
vxlan-agent pid1 [--ready-http-port=N]    the same, with answers to an httpGet startup probe
`

// The tools are told to die with the thread that started them: this one, which lives as long as the program.
func init() { runtime.LockOSThread() }

func main() {
	args := os.Args[1:]
	if len(args) == 0 {
		os.Exit(session.Run(session.Default()))
	}
	port, ok := readyPort(args[1:])
	if args[0] != "pid1" || !ok {
		os.Stderr.WriteString(usage)
		os.Exit(2)
	}
	os.Exit(pid1.Run(port))
}

// readyPort gives the port of the one argument there may be, none without; false for anything else.
func readyPort(args []string) (pid1.Port, bool) {
	if len(args) == 0 {
		return pid1.Port{}, true
	}
	name, text, _ := strings.Cut(args[0], "=")
	number, err := strconv.Atoi(text)
	known := name == "--ready-port" || name == "--ready-http-port"
	port := pid1.Port{Number: number, Answers: name == "--ready-http-port"}
	return port, known && len(args) == 1 && err == nil && number >= 1 && number <= 65535
}
