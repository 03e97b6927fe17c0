// Does the main process end and reap as it should? In namespaces of its own, which wants root.
package pid1

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "as-pid1" {
		text, answers := strings.CutPrefix(os.Args[2], "http:")
		port, _ := strconv.Atoi(text)
		os.Exit(Run(Port{port, answers}))
	}
	if len(os.Args) > 1 && os.Args[1] == "as-taker" {
		listen(7003)
		time.Sleep(time.Minute)
	}
	os.Exit(m.Run())
}

// container is a process in new PID and network namespaces, with its own /proc.
type container struct {
	t       *testing.T
	outside *exec.Cmd
	stderr  *bufio.Reader
	pid     string
}

func startContainer(t *testing.T, port string) *container {
	t.Helper()
	outside := exec.Command("unshare", "-n", "-p", "-m", "--mount-proc", "--fork", "--kill-child", os.Args[0], "as-pid1", port)
	stderr, err := outside.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := exec.Command("unshare", "-n", "-p", "--fork", "true").Run(); err != nil {
		t.Skip("SKIPPED: no namespaces of its own can be made (root is needed): " + err.Error())
	}
	if err := outside.Start(); err != nil {
		t.Fatal(err)
	}
	c := &container{t: t, outside: outside, stderr: bufio.NewReader(stderr)}
	t.Cleanup(func() {
		outside.Process.Kill()
		outside.Wait()
	})
	c.until("the main process runs", func() bool {
		children, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", outside.Process.Pid))
		for _, file := range children {
			text, _ := os.ReadFile(file)
			c.pid = strings.TrimSpace(string(text))
		}
		exe, _ := os.Readlink("/proc/" + c.pid + "/exe")
		status, _ := os.ReadFile("/proc/" + c.pid + "/status")
		return c.pid != "" && exe == self(t) && catches(string(status), syscall.SIGTERM)
	})
	c.inside("ip link set lo up")
	return c
}

// again starts another main process in the network namespace, which lives on when a container restarts.
func (c *container) again(port string) {
	c.t.Helper()
	second := exec.Command("nsenter", "-t", c.pid, "-n", os.Args[0], "as-pid1", port)
	if err := second.Start(); err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() {
		second.Process.Signal(syscall.SIGTERM)
		second.Wait()
	})
}

func self(t *testing.T) string {
	path, err := os.Readlink("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// catches: whether a process has a handler for a signal; without one the first process of a namespace is deaf to it.
func catches(status string, signal syscall.Signal) bool {
	_, rest, _ := strings.Cut(status, "SigCgt:\t")
	digits, _, _ := strings.Cut(rest, "\n")
	mask, _ := strconv.ParseUint(digits, 16, 64)
	return mask&(1<<(signal-1)) != 0
}

func (c *container) inside(command string) string {
	c.t.Helper()
	out, err := exec.Command("nsenter", "-t", c.pid, "-n", "-p", "-m", "sh", "-c", command).CombinedOutput()
	if err != nil {
		c.t.Fatalf("%s: %v: %s", command, err, out)
	}
	return string(out)
}

func (c *container) until(what string, holds func() bool) {
	c.t.Helper()
	for end := time.Now().Add(10 * time.Second); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			c.t.Fatalf("not within 10 s: %s", what)
		}
	}
}

// listeners are the lines of open TCP ports.
func (c *container) listeners() string { return c.inside("ss -Htln") }

func TestItEndsOnTERM(t *testing.T) {
	c := startContainer(t, "http:7001")
	// Go's runtime catches TERM before the program asks for it, and ends it with 2 then. The port opens after that.
	c.until("it asks for signals", func() bool { return strings.Contains(c.listeners(), ":7001") })
	pid, _ := strconv.Atoi(c.pid)
	syscall.Kill(pid, syscall.SIGTERM)
	if err := c.outside.Wait(); err != nil {
		t.Errorf("ended with %v", err)
	}
}

func TestItReapsOrphans(t *testing.T) {
	c := startContainer(t, "0")
	for range 20 {
		c.inside("(sleep 0 & sleep 0 &)")
	}
	c.until("no process is left but the first", func() bool {
		return strings.TrimSpace(c.inside("ps -e -o stat= | grep -c Z || true")) == "0"
	})
}

func TestMessagesOfTheKernelThatAreNone(t *testing.T) {
	for _, data := range [][]byte{nil, {1}, make([]byte, 16), {0xff, 0xff, 0xff, 0xff, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, loopbackQuestion()} {
		if got := loopbackAliases(data); len(got) != 0 {
			t.Errorf("%v: %v", data, got)
		}
	}
}
