// Does the main process end, reap, and open its port when it should? In namespaces of its own, which wants root.
package pid1

import (
	"bufio"
	"fmt"
	"io"
	"net"
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
		port, _ := strconv.Atoi(os.Args[2])
		os.Exit(Run(port))
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
	c := startContainer(t, "0")
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

func TestThePortOpensWithTheMarkerAndClosesAfterTheProbe(t *testing.T) {
	c := startContainer(t, "7001")
	c.inside("ip link set lo mtu 60000; ip link set lo alias other")
	if open := c.listeners(); open != "" {
		t.Fatalf("open before the marker: %s", open)
	}
	mark := "ip link set lo alias " + marker
	c.inside(mark)
	c.until("the port is open", func() bool { return strings.Contains(c.listeners(), ":7001") })
	// A scanner's connection comes first, and is held; the probe's is answered all the same.
	c.inside("(timeout 1 bash -c 'exec 3<>/dev/tcp/127.0.0.1/7001; sleep 9'; true)")
	c.inside("bash -c 'exec 3<>/dev/tcp/127.0.0.1/7001'")
	c.until("the port is closed", func() bool { return c.listeners() == "" })
	// Changes to lo and the same alias once more do not open it again.
	c.inside("ip link set lo mtu 50000; " + mark)
	if open := c.listeners(); open != "" {
		t.Errorf("open without a new marking: %s", open)
	}
	c.inside("ip link set lo alias other; " + mark)
	c.until("the port is open again", func() bool { return strings.Contains(c.listeners(), ":7001") })
}

func TestThePortOpensWhenTheMarkerIsThereAlready(t *testing.T) {
	c := startContainer(t, "0")
	c.inside("ip link set lo alias " + marker)
	// The container restarts in the network namespace that lives on.
	second := exec.Command("nsenter", "-t", c.pid, "-n", os.Args[0], "as-pid1", "7002")
	if err := second.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		second.Process.Signal(syscall.SIGTERM)
		second.Wait()
	}()
	c.until("the port is open", func() bool { return strings.Contains(c.listeners(), ":7002") })
}

func TestATakenPortIsSaid(t *testing.T) {
	c := startContainer(t, "7003")
	taker := exec.Command("nsenter", "-t", c.pid, "-n", os.Args[0], "as-taker")
	if err := taker.Start(); err != nil {
		t.Fatal(err)
	}
	defer taker.Wait()
	defer taker.Process.Kill()
	c.until("the port is taken", func() bool { return strings.Contains(c.listeners(), ":7003") })
	c.inside("ip link set lo alias " + marker)
	said, err := c.stderr.ReadString('\n')
	want := "vxlan-agent: Cannot open port 7003 for the startup probe: address already in use; " +
		"choose another with --ready-port, or use the exec probe\n"
	if said != want {
		t.Errorf("said %q, %v", said, err)
	}
}

func TestAnswer(t *testing.T) {
	const quiet = time.Second
	for _, c := range []struct {
		it    string
		limit time.Duration
		asks  int
	}{
		{"one connection is enough", time.Minute, 1},
		{"those who ask later are answered too, more of them than may hold on at a time", time.Minute, holdersMax + 16},
		{"nobody asks", 20 * time.Millisecond, 0},
	} {
		listener, err := listen(0)
		if err != nil {
			t.Fatal(err)
		}
		address, err := syscall.Getsockname(listener)
		if err != nil {
			t.Fatal(err)
		}
		said := make(chan int64, c.asks)
		go func() {
			for range c.asks {
				connection, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", address.(*syscall.SockaddrInet6).Port))
				if err != nil {
					t.Errorf("%s: %v", c.it, err)
					said <- 0
					continue
				}
				// Held until the port is closed: holders must not keep it from others.
				defer connection.Close()
				go func() {
					n, _ := io.Copy(io.Discard, connection)
					said <- n
				}()
			}
			time.Sleep(quiet)
		}()
		if got := answer(listener, time.Now().Add(c.limit), quiet); got != (c.asks > 0) {
			t.Errorf("%s: %v", c.it, got)
		}
		for range c.asks {
			if n := <-said; n != 0 {
				t.Errorf("%s: it said %d bytes", c.it, n)
			}
		}
	}
}

func TestAPortThatIsAskedAllTheTimeClosesAtTheEnd(t *testing.T) {
	listener, err := listen(0)
	if err != nil {
		t.Fatal(err)
	}
	address, err := syscall.Getsockname(listener)
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
			}
			connection, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", address.(*syscall.SockaddrInet6).Port))
			if err == nil {
				connection.Close()
			}
		}
	}()
	if !answer(listener, time.Now().Add(300*time.Millisecond), time.Minute) {
		t.Error("nobody had asked")
	}
}

func TestMessagesOfTheKernelThatAreNone(t *testing.T) {
	for _, data := range [][]byte{nil, {1}, make([]byte, 16), {0xff, 0xff, 0xff, 0xff, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, loopbackQuestion()} {
		if got := loopbackAliases(data); len(got) != 0 {
			t.Errorf("%v: %v", data, got)
		}
	}
}
