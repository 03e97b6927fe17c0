// How tests talk to a session: a text in, frames out, read as strictly as a client should.
package session

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

// frame is one frame as it was read.
type frame struct {
	kind   string
	number int
	text   string
}

func (f frame) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s %d %s", f.kind, f.number, f.text))
}

// fakes are options with tools that are this test binary.
func fakes() Options {
	options := Default()
	argv := []string{os.Args[0], "as-tool"}
	options.Tools = map[string][]string{toolIP: argv, toolIP6: argv, toolBridge: argv}
	options.Release = func() error { return nil }
	options.LinePatience = 2 * time.Second
	return options
}

// talk runs a session over a whole text and gives its frames after the first, which must be the hello.
func talk(t testing.TB, options Options, text string) []frame {
	t.Helper()
	in, feed := pipe(t)
	answers, out := pipe(t)
	options.In, options.Out = int(in.Fd()), int(out.Fd())
	go func() {
		io.WriteString(feed, text)
		feed.Close()
	}()
	read := make(chan []byte)
	go func() {
		data, _ := io.ReadAll(answers)
		read <- data
	}()
	status := Run(options)
	out.Close()
	frames := readFrames(t, <-read)
	if status != 0 {
		t.Fatalf("status %d", status)
	}
	if len(frames) == 0 || frames[0] != (frame{kind: "hello", number: 1}) {
		t.Fatalf("no hello: %v", frames)
	}
	return frames[1:]
}

func pipe(t testing.TB) (*os.File, *os.File) {
	t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { reader.Close(); writer.Close() })
	return reader, writer
}

func readFrames(t testing.TB, data []byte) []frame {
	t.Helper()
	var frames []frame
	for len(data) > 0 {
		head, rest, found := bytes.Cut(data, []byte("\n"))
		var f frame
		var length int
		if n, err := fmt.Sscanf(string(head), "%s %d %d", &f.kind, &f.number, &length); !found || n != 3 || err != nil {
			t.Fatalf("no frame: %q", head)
		}
		if length > maxPiece || len(rest) <= length || rest[length] != '\n' {
			t.Fatalf("a frame of another length: %q", head)
		}
		f.text = string(rest[:length])
		frames = append(frames, f)
		data = rest[length+1:]
	}
	return frames
}

// joined puts the pieces of an answer together and gives each frame as one text.
func joined(frames []frame) []string {
	var whole []frame
	for _, f := range frames {
		last := len(whole) - 1
		if last >= 0 && f.kind == "out" && whole[last].kind == "out" && whole[last].number == f.number {
			whole[last].text += f.text
			continue
		}
		whole = append(whole, f)
	}
	texts := make([]string, len(whole))
	for i, f := range whole {
		texts[i] = f.String()
	}
	return texts
}
