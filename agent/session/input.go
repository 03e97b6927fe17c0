// What comes on stdin: whole lines of bounded length, or the news that nothing comes, or nothing any more.
package session

import (
	"bytes"
	"syscall"
	"time"
)

type inputEvent int

const (
	gotLine inputEvent = iota
	gotSome            // no more than a part
	gotLongLine
	gotNothing
	gotEnd
)

type input struct {
	fd       int
	buffer   []byte
	from, to int
	// Within a line that is too long: the rest of it is thrown away.
	skipping bool
}

func newInput(fd int) *input { return &input{fd: fd, buffer: make([]byte, 64<<10)} }

// next gives the next line; it is valid until the next call. What stands behind the last newline when the input ends is
// no line: a connection that was cut must not run half a command.
func (in *input) next(limit time.Duration) ([]byte, inputEvent) {
	for {
		rest := in.buffer[in.from:in.to]
		if at := bytes.IndexByte(rest, '\n'); at >= 0 {
			in.from += at + 1
			wasSkipping := in.skipping
			in.skipping = false
			if wasSkipping || at > maxLine {
				return nil, gotLongLine
			}
			return rest[:at], gotLine
		}
		if in.skipping || len(rest) > maxLine {
			in.skipping = true
			in.from, in.to = 0, 0
		}
		if event := in.fill(limit); event != gotSome {
			return nil, event
		}
	}
}

func (in *input) fill(limit time.Duration) inputEvent {
	copy(in.buffer, in.buffer[in.from:in.to])
	in.to -= in.from
	in.from = 0
	if !poll([]pollFd{{fd: int32(in.fd), events: pollIn}}, limit) {
		return gotNothing
	}
	n, err := syscall.Read(in.fd, in.buffer[in.to:])
	if err == syscall.EINTR || err == syscall.EAGAIN {
		return gotSome
	}
	if n <= 0 {
		return gotEnd
	}
	in.to += n
	return gotSome
}
