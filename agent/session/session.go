// One session: lines in, frames out, until stdin ends. README.md describes the protocol.
package session

import (
	"runtime/debug"
	"strconv"
	"strings"
	"time"
)

// Exit statuses beside 0, which says that stdin has ended.
const (
	exitDeaf = 3 // nobody reads the answers
	exitIdle = 4 // nothing came for a long time
)

// Refused lines of one request that are explained; of the others only the number is told.
const maxExplained = 100

// Lines that are run before the first of them must have been answered.
const maxBatch = 256

// Options are what a session stands on; tests have their own.
type Options struct {
	In, Out int
	// argv of each tool.
	Tools map[string][]string
	// Tells the main process of the container to end; whoever heard it is gone, and the session with it.
	Release func() error
	// How long a tool may take for one line; how long the client may read nothing, or say nothing.
	LinePatience, ReadPatience, IdleLimit time.Duration
	// How long tools stay when nothing is asked of them: each takes memory in the user's pod.
	ToolsIdle time.Duration
}

// Default are the options of the program.
func Default() Options {
	return Options{
		In:  0,
		Out: 1,
		Tools: map[string][]string{
			toolIP:     {"ip", "-json", "-details", "-force", "-batch", "-"},
			toolIP6:    {"ip", "-6", "-json", "-details", "-force", "-batch", "-"},
			toolBridge: {"bridge", "-json", "-force", "-batch", "-"},
		},
		Release:      func() error { return release(terminate, time.Sleep) },
		LinePatience: 8 * time.Second,
		ReadPatience: 30 * time.Second,
		IdleLimit:    5 * time.Minute,
		ToolsIdle:    5 * time.Second,
	}
}

type session struct {
	options Options
	frames  *frames
	tools   map[string]*tool
	buffer  []byte
	request
}

// request is what is known of the request under way; all of it ends with its `end`.
type request struct {
	// Lines so far.
	number int
	// A line was not let through or a tool has died: what follows is not run.
	broken    bool
	explained int
	// Lines for one tool that wait to be run together, the first of them, and the tool.
	batch      strings.Builder
	batched    int
	batchStart int
	batchTool  string
}

// Run reads lines until stdin ends and gives the exit status. One tool runs at a time, so answers come in order.
func Run(options Options) int {
	// Nearly all of its memory is in buffers that stay; collecting the rest often costs less than letting it grow.
	debug.SetGCPercent(20)
	s := &session{
		options: options,
		frames:  newFrames(options.Out, options.ReadPatience),
		tools:   map[string]*tool{},
		buffer:  make([]byte, maxPiece),
	}
	defer s.stopTools()
	s.frames.send("hello", protocol, nil)
	s.frames.flush()
	in := newInput(options.In)
	for idleSince := time.Now(); !s.frames.broken; {
		text, event := in.next(options.ToolsIdle)
		switch event {
		case gotLine, gotLongLine:
			s.take(text, event == gotLongLine)
			idleSince = time.Now()
		case gotNothing:
			s.stopTools()
			if time.Since(idleSince) > options.IdleLimit {
				return exitIdle
			}
		case gotEnd:
			return 0
		}
	}
	return exitDeaf
}

func (s *session) take(text []byte, tooLong bool) {
	s.number++
	asked, err := parse(text)
	switch {
	case tooLong:
		s.refuse("it has more than " + strconv.Itoa(maxLine) + " bytes")
	case err != nil:
		s.refuse(err.Error())
	case asked.kind == "end":
		s.runBatch()
		s.frames.send("end", s.number, []byte(asked.text))
		s.frames.flush()
		s.request = request{}
	case s.broken:
	case asked.kind == "run":
		s.add(asked)
	case asked.kind == "restart":
		s.runBatch()
		s.stopTool(asked.tool)
	case asked.kind == "release":
		s.release()
	}
}

// add puts a line into the batch. A batch ends where another tool is wanted and with a line that asks: its answer must
// be complete before the next line can answer.
func (s *session) add(asked line) {
	if s.batchTool != asked.tool || s.batched == maxBatch {
		s.runBatch()
	}
	if s.batched == 0 {
		s.batchTool, s.batchStart = asked.tool, s.number
	}
	s.batched++
	s.batch.WriteString(asked.text + "\n" + barrier)
	if asked.query {
		s.runBatch()
	}
}

func (s *session) runBatch() {
	text, count, first := s.batch.String(), s.batched, s.batchStart
	s.batch.Reset()
	s.batched = 0
	if count == 0 || s.broken {
		return
	}
	t, err := s.running(s.batchTool)
	if err != nil {
		s.died(first, "it cannot be started: "+err.Error())
		return
	}
	doing, last := first, first+count-1
	reason := t.run(&exchange{
		unsent:   []byte(text),
		buffer:   s.buffer,
		left:     count,
		patience: s.options.LinePatience,
		blocked:  func() time.Duration { return s.frames.blocked },
		// Only the last line of a batch may ask.
		onOutput: func(piece []byte) { s.frames.send("out", last, piece) },
		onLine: func(v verdict) {
			s.tell(doing, v)
			doing++
		},
	})
	if reason != "" {
		delete(s.tools, s.batchTool)
		s.died(doing, reason)
	}
}

func (s *session) tell(number int, v verdict) {
	switch {
	case v.refused && s.explained < maxExplained:
		s.explained++
		s.frames.send("err", number, v.said)
	case v.refused:
		s.frames.send("err", number, nil)
	case len(v.said) > 0:
		s.frames.send("note", number, v.said)
	}
}

func (s *session) died(number int, reason string) {
	s.broken = true
	s.frames.send("died", number, []byte(s.batchTool+": "+reason))
}

// refuse reports a line that is not let through. The lines before it are run: their order is the client's.
func (s *session) refuse(reason string) {
	s.runBatch()
	if s.broken {
		return
	}
	s.broken = true
	s.frames.send("refused", s.number, []byte(reason))
}

// release sends TERM to the main process. Its end ends this program too, so the answer is written before.
func (s *session) release() {
	if s.number != 1 {
		s.refuse(`"release" is the first line of a request`)
		return
	}
	s.stopTools()
	s.frames.send("released", s.number, nil)
	s.frames.flush()
	if err := s.options.Release(); err != nil {
		s.broken = true
		s.frames.send("died", s.number, []byte("release: "+err.Error()))
	}
}

// running gives the tool's process; one that ended while nothing was asked of it is replaced.
func (s *session) running(name string) (*tool, error) {
	if known, ok := s.tools[name]; ok {
		if known.alive() {
			return known, nil
		}
		s.stopTool(name)
	}
	started, err := startTool(s.options.Tools[name])
	if err == nil {
		s.tools[name] = started
	}
	return started, err
}

func (s *session) stopTool(name string) {
	if known, ok := s.tools[name]; ok {
		delete(s.tools, name)
		known.stop()
	}
}

func (s *session) stopTools() {
	for name := range s.tools {
		s.stopTool(name)
	}
}
