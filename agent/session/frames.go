// How answers are written: frames that tell their kind, the line they belong to, and their length.
package session

import (
	"os"
	"strconv"
	"syscall"
	"time"
)

// protocol is the number in the first frame. A change that an older reader would misread makes it greater.
const protocol = 1

// maxPiece is the longest payload of a frame in bytes; longer answers come in pieces.
const maxPiece = 32 << 10

// frames collects frames and writes them when they fill the buffer or when a request has ended.
type frames struct {
	fd int
	// How long the other side may read nothing before the program ends.
	patience time.Duration
	buffer   []byte
	// Time spent waiting for the other side, which is no fault of the tools.
	blocked time.Duration
	broken  bool
}

func newFrames(fd int, patience time.Duration) *frames {
	return &frames{fd: fd, patience: patience, buffer: make([]byte, 0, 2*maxPiece)}
}

// send writes `KIND NUMBER LENGTH\n`, the payload, `\n`.
func (f *frames) send(kind string, number int, payload []byte) {
	head := kind + " " + strconv.Itoa(number) + " " + strconv.Itoa(len(payload)) + "\n"
	if len(f.buffer)+len(head)+len(payload)+1 > cap(f.buffer) {
		f.flush()
	}
	f.buffer = append(f.buffer, head...)
	f.buffer = append(f.buffer, payload...)
	f.buffer = append(f.buffer, '\n')
}

// flush writes what was collected. The program ends when nobody reads: then there is no connection any more.
func (f *frames) flush() {
	began := time.Now()
	watchdog := time.AfterFunc(f.patience, func() { os.Exit(exitDeaf) })
	for rest := f.buffer; len(rest) > 0 && !f.broken; {
		n, err := syscall.Write(f.fd, rest)
		switch err {
		case nil:
			rest = rest[n:]
			watchdog.Reset(f.patience)
		case syscall.EINTR:
		case syscall.EAGAIN:
			poll([]pollFd{{fd: int32(f.fd), events: pollOut}}, f.patience)
		default:
			f.broken = true
		}
	}
	watchdog.Stop()
	f.buffer = f.buffer[:0]
	f.blocked += time.Since(began)
}
