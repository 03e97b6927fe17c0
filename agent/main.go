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

const usage = `vxlan-agent                          reads lines for ip and bridge on stdin (see README.md)
vxlan-agent pid1 [--ready-port=N]    waits as the main process of a container, until TERM
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

// readyPort gives the number after --ready-port=, 0 when there is none; false for anything else.
func readyPort(args []string) (int, bool) {
	if len(args) == 0 {
		return 0, true
	}
	text, found := strings.CutPrefix(args[0], "--ready-port=")
	port, err := strconv.Atoi(text)
	return port, found && len(args) == 1 && err == nil && port >= 1 && port <= 65535
}
