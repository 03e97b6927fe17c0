// One process of ip or bridge in its batch mode: started, fed, read, ended.
package session

import (
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"
)

// Bytes that one line may answer (a forwarding entry takes about 85), and how long a tool may take to end after its input has ended.
const (
	maxAnswer = 16 << 20
	endGrace  = time.Second
)

// tool is a running process. Pipes of its own: with two tools on one, large answers would be torn.
type tool struct {
	process               *os.Process
	stdin, stdout, stderr int
	said                  stderrReader
}

// startTool starts a program with pipes; the child ends with us, however we end.
func startTool(argv []string) (*tool, error) {
	path, err := exec.LookPath(argv[0])
	if err != nil {
		return nil, err
	}
	var ours, theirs [3]int
	for i := range ours {
		var ends [2]int
		if err := syscall.Pipe2(ends[:], syscall.O_CLOEXEC); err != nil {
			return nil, err
		}
		ours[i], theirs[i] = ends[0], ends[1]
		if i == 0 {
			ours[i], theirs[i] = ends[1], ends[0]
		}
		syscall.SetNonblock(ours[i], true)
	}
	files := make([]*os.File, 3)
	for i, fd := range theirs {
		files[i] = os.NewFile(uintptr(fd), "pipe")
		defer files[i].Close()
	}
	process, err := os.StartProcess(path, argv, &os.ProcAttr{
		Files: files,
		Sys:   &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL},
	})
	started := &tool{process: process, stdin: ours[0], stdout: ours[1], stderr: ours[2]}
	if err != nil {
		started.closePipes()
		return nil, err
	}
	return started, nil
}

// alive is false when the process has ended while nothing was asked of it.
func (t *tool) alive() bool {
	fds := []pollFd{{fd: int32(t.stdout)}, {fd: int32(t.stdin)}}
	return !poll(fds, 0)
}

// exchange is one batch under way.
type exchange struct {
	unsent []byte
	// For reading; its length bounds a piece of output.
	buffer []byte
	// Lines that are not done yet.
	left int
	// How long the tool may be silent about a line, and how long the client has been waited for since the program began.
	patience time.Duration
	blocked  func() time.Duration
	onOutput func([]byte)
	onLine   func(verdict)
}

// run feeds the lines and reads until the last is done. It gives the reason when the process did not get there; then the
// process has ended.
func (t *tool) run(x *exchange) string {
	answered := 0
	take := func(piece []byte) {
		answered += len(piece)
		x.onOutput(piece)
	}
	since, blocked := time.Now(), x.blocked()
	var last verdict
	tell := func(v verdict) {
		x.left--
		since, blocked = time.Now(), x.blocked()
		if x.left == 0 {
			last = v
			return
		}
		x.onLine(v)
	}
	for {
		// In this order: what an earlier line has said stands before the answer, and when the last barrier is passed
		// the whole answer is in the pipe.
		t.drain(t.stderr, x.buffer, func(piece []byte) { t.said.read(piece, tell) })
		isDone := x.left <= 0
		t.drain(t.stdout, x.buffer, take)
		if isDone {
			x.onLine(last)
			return ""
		}
		if answered > maxAnswer {
			return t.kill("it answered more than " + strconv.Itoa(maxAnswer>>20) + " MiB")
		}
		left := x.patience - time.Since(since) + x.blocked() - blocked
		fds := []pollFd{{fd: int32(t.stderr), events: pollIn}, {fd: int32(t.stdout), events: pollIn}, {fd: -1, events: pollOut}}
		if len(x.unsent) > 0 {
			fds[2].fd = int32(t.stdin)
		}
		if left <= 0 || !poll(fds, left) {
			return t.kill("no answer within " + x.patience.String())
		}
		if fds[2].revents != 0 {
			x.unsent = t.feed(x.unsent)
		}
		if fds[0].revents&(pollIn|pollHup) == pollHup {
			t.drain(t.stdout, x.buffer, take)
			return t.ended("")
		}
	}
}

// feed writes what fits into the pipe. A process that has ended is noticed by its stderr.
func (t *tool) feed(text []byte) []byte {
	n, err := syscall.Write(t.stdin, text)
	if err == syscall.EPIPE {
		return nil
	}
	return text[max(n, 0):]
}

// drain reads what a pipe holds now. At most 64 pieces: a process that floods must not keep us from its deadline.
func (t *tool) drain(fd int, buffer []byte, take func([]byte)) {
	for range 64 {
		n, err := syscall.Read(fd, buffer)
		if err == syscall.EINTR {
			continue
		}
		if n <= 0 {
			return
		}
		take(buffer[:n])
	}
}

func (t *tool) kill(reason string) string {
	t.process.Kill()
	return t.ended(reason)
}

// ended reaps the process, which has closed its pipes or was killed, and says how it ended.
func (t *tool) ended(reason string) string {
	status := t.stop()
	if reason == "" {
		reason = "it ended: " + status
	}
	if said := t.said.rest(); len(said) > 0 {
		reason += ": " + string(said)
	}
	return reason
}

// stop ends its input, waits a little, kills it, and gives its status in words.
func (t *tool) stop() string {
	t.closePipes()
	slow := time.AfterFunc(endGrace, func() { t.process.Kill() })
	defer slow.Stop()
	state, err := t.process.Wait()
	if err != nil {
		return err.Error()
	}
	return state.String()
}

func (t *tool) closePipes() {
	for _, fd := range []int{t.stdin, t.stdout, t.stderr} {
		syscall.Close(fd)
	}
}
