// Is a question of an httpGet probe held until the pod is marked, and answered then, whatever others do at the port?
package pid1

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// ask puts a question in a container's network, as a kubelet does. It is told what came, and whether the pod was marked then.
func (c *container) ask(port string) *question {
	c.t.Helper()
	q := c.start("exec 3<>/dev/tcp/127.0.0.1/" + port + "; printf 'GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n' >&3; " +
		"echo asked; IFS= read -r line <&3; echo \"${line%?} $(ip link show lo | grep -c " + marker + ")\"")
	q.says("asked")
	return q
}

// start runs a script in a container's network. It ends with the test, or after half a minute: what it should say
// would not come any more.
func (c *container) start(script string) *question {
	c.t.Helper()
	command := exec.Command("timeout", "-s", "KILL", "30", "nsenter", "-t", c.pid, "-n", "bash", "-c", script)
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := command.StdoutPipe()
	if err != nil {
		c.t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() {
		syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
		command.Wait()
	})
	return &question{c.t, bufio.NewReader(out)}
}

type question struct {
	t   *testing.T
	out *bufio.Reader
}

func (q *question) says(want string) {
	q.t.Helper()
	if line, err := q.out.ReadString('\n'); strings.TrimSpace(line) != want {
		q.t.Fatalf("said %q, not %q: %v", line, want, err)
	}
}

func TestAQuestionIsHeldUntilTheMarkerIsThere(t *testing.T) {
	c := startContainer(t, "http:7001")
	c.until("the port is open", func() bool { return strings.Contains(c.listeners(), ":7001") })
	first := c.ask("7001")
	// Other aliases, half a question, one that is none, and one who goes again.
	c.inside("ip link set lo alias other")
	c.inside("bash -c 'exec 3<>/dev/tcp/127.0.0.1/7001; printf GET >&3; exec 3>&-'")
	c.inside("bash -c 'exec 3<>/dev/tcp/127.0.0.1/7001; head -c 9000 /dev/zero >&3; cat <&3 | wc -c | grep -qx 0' || true")
	second := c.ask("7001")
	mark := "ip link set lo alias " + marker
	c.inside(mark)
	first.says("HTTP/1.1 200 OK 1")
	second.says("HTTP/1.1 200 OK 1")
	c.ask("7001").says("HTTP/1.1 200 OK 1")
	c.until("the port is closed", func() bool { return c.listeners() == "" })
	c.inside("ip link set lo alias other; " + mark)
	c.until("the port is open again", func() bool { return strings.Contains(c.listeners(), ":7001") })
	c.ask("7001").says("HTTP/1.1 200 OK 1")
}

func TestMoreThanMayAskAtATime(t *testing.T) {
	c := startContainer(t, "http:7001")
	c.until("the port is open", func() bool { return strings.Contains(c.listeners(), ":7001") })
	first := c.ask("7001")
	// They hold on: who has closed already when he is taken is not one of those who ask at a time.
	c.start("for n in $(seq 100); do exec {fd}<>/dev/tcp/127.0.0.1/7001; printf 'GET / HTTP/1.1\\r\\n\\r\\n' >&$fd; done; echo held; sleep 30").says("held")
	last := c.ask("7001")
	first.says("0")
	c.inside("ip link set lo alias " + marker)
	last.says("HTTP/1.1 200 OK 1")
}

func TestAnAgentThatRestartsInAReadyPodAnswersAtOnce(t *testing.T) {
	c := startContainer(t, "0")
	c.inside("ip link set lo alias " + marker)
	c.again("http:7002")
	c.until("the port is open", func() bool { return strings.Contains(c.listeners(), ":7002") })
	c.ask("7002").says("HTTP/1.1 200 OK 1")
}

func TestATakenPortIsSaidWithTheFlagThatAskedForIt(t *testing.T) {
	c := startContainer(t, "http:7001")
	c.until("the port is open", func() bool { return strings.Contains(c.listeners(), ":7001") })
	said, err := exec.Command("nsenter", "-t", c.pid, "-n", os.Args[0], "as-pid1", "http:7001").CombinedOutput()
	if err == nil || !strings.Contains(string(said), "choose another with --ready-http-port, or use the exec probe") {
		t.Errorf("ended with %v and said %q", err, said)
	}
}
