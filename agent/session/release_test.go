// Is a main process that does not listen yet told again, and one that cannot be told no more?
package session

import (
	"bufio"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

func TestReleaseTellsAgain(t *testing.T) {
	orders, slept := 0, time.Duration(0)
	err := release(func() error { orders++; return nil }, func(pause time.Duration) { slept += pause })
	if err != nil || orders != 4 || slept > 3*time.Second {
		t.Fatalf("%d orders in %v: %v", orders, slept, err)
	}
}

func TestReleaseEndsWithAnError(t *testing.T) {
	orders := 0
	err := release(func() error { orders++; return syscall.EPERM }, func(time.Duration) {})
	if err != syscall.EPERM || orders != 1 {
		t.Fatalf("%d orders: %v", orders, err)
	}
}

// As process 1 of a container: it drops what comes before it listens.
func TestReleaseReachesOneThatListensLate(t *testing.T) {
	late := exec.Command(os.Args[0], "as-late")
	late.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID, Pdeathsig: syscall.SIGKILL}
	out, err := late.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := late.Start(); err != nil {
		t.Skipf("no namespaces of processes here: %v", err)
	}
	defer late.Process.Kill()
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	if err := release(func() error { return late.Process.Signal(syscall.SIGTERM) }, time.Sleep); err != nil && err != os.ErrProcessDone {
		t.Fatal(err)
	}
	if err := late.Wait(); err != nil {
		t.Fatalf("it was not reached: %v", err)
	}
}
