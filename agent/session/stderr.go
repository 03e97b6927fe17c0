// What does a tool say of which line: its stderr, cut into lines by barriers.
package session

import (
	"bytes"
	"strconv"
)

// barrier follows every line that a tool gets. No tool knows such an object: it says so, and then "Command failed -:N"
// with the number of the barrier. So what came before it on stderr belongs to the line before, and what the line has
// written to stdout is in the pipe, for every answer in JSON is flushed. It asks nothing of the kernel.
const barrier = "-\n"

// Bytes that are kept of what a tool says of one line.
const maxSaid = 1000

// verdict is what became of one line.
type verdict struct {
	refused bool
	// What the tool said, without its "Command failed"; a warning when the line was not refused.
	said []byte
}

// stderrReader reads the stderr of one process. Bounded, whatever the tool writes.
type stderrReader struct {
	// Lines that the process has done, barriers not counted.
	done int
	now  verdict
	// The newest line: perhaps the barrier's own complaint, so it is not taken before the next one comes.
	last    []byte
	partial []byte
}

// read takes a portion and gives a verdict for every line that is done.
func (r *stderrReader) read(data []byte, tell func(verdict)) {
	for len(data) > 0 {
		at := bytes.IndexByte(data, '\n')
		if at < 0 {
			r.partial = appendUpTo(r.partial, data)
			return
		}
		r.partial = appendUpTo(r.partial, data[:at])
		data = data[at+1:]
		r.line(tell)
		r.partial = r.partial[:0]
	}
}

func (r *stderrReader) line(tell func(verdict)) {
	switch failed(r.partial) {
	case 2*r.done + 1:
		r.keepLast()
		r.now.refused = true
	case 2*r.done + 2:
		r.done++
		now := r.now
		r.now, r.last = verdict{}, r.last[:0]
		tell(now)
	default:
		r.keepLast()
		r.last = append(r.last, r.partial...)
	}
}

// rest is what was said since the last barrier, by a process that has ended.
func (r *stderrReader) rest() []byte {
	r.keepLast()
	r.last = append(r.last, r.partial...)
	r.keepLast()
	return r.now.said
}

func (r *stderrReader) keepLast() {
	if len(r.last) > 0 && len(r.now.said) > 0 {
		r.now.said = appendUpTo(r.now.said, []byte("\n"))
	}
	r.now.said = appendUpTo(r.now.said, r.last)
	r.last = r.last[:0]
}

// failed reads "Command failed -:N"; 0 for any other text.
func failed(text []byte) int {
	digits, found := bytes.CutPrefix(text, []byte("Command failed -:"))
	number, err := strconv.Atoi(string(digits))
	if !found || err != nil {
		return 0
	}
	return number
}

func appendUpTo(text, more []byte) []byte {
	return append(text, more[:min(len(more), max(maxSaid-len(text), 0))]...)
}
