// Does the main process open its port when it should, answer whoever asks, and close it? Partly in namespaces of its own.
package pid1

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

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
	c.again("7002")
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

func TestAPortThatIsTakenBeforeThePodIsReadyHoldsThePod(t *testing.T) {
	c := startContainer(t, "0")
	taker := exec.Command("nsenter", "-t", c.pid, "-n", os.Args[0], "as-taker")
	if err := taker.Start(); err != nil {
		t.Fatal(err)
	}
	defer taker.Wait()
	defer taker.Process.Kill()
	c.until("the port is taken", func() bool { return strings.Contains(c.listeners(), ":7003") })
	said, err := exec.Command("nsenter", "-t", c.pid, "-n", os.Args[0], "as-pid1", "7003").CombinedOutput()
	want := "vxlan-agent: Cannot hold the pod until its networks are there: port 7003 of the startup probe: " +
		"address already in use; choose another with --ready-port, or use the exec probe\n"
	if ended, ok := err.(*exec.ExitError); !ok || ended.ExitCode() != 1 || string(said) != want {
		t.Errorf("ended with %v and said %q", err, said)
	}
	// A ready pod's port is anybody's: the agent runs, and says that it could not open it.
	c.inside("ip link set lo alias " + marker)
	again := exec.Command("nsenter", "-t", c.pid, "-n", os.Args[0], "as-pid1", "7003")
	stderr, err := again.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Start(); err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(stderr).ReadString('\n')
	again.Process.Signal(syscall.SIGTERM)
	if err := again.Wait(); err != nil || !strings.Contains(line, "Cannot open port 7003") {
		t.Errorf("ended with %v and said %q", err, line)
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
