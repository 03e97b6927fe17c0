// What does a session answer to which lines, with tools that behave and tools that do not?
package session

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

var big = `["` + strings.Repeat("b", 3_000_000) + `"]`

var conversations = []struct {
	it   string
	send string
	want []string
}{
	{"answers in order, whatever the tool",
		"ip address show\nbridge fdb show\nip6 rule show\nip route show\nend 1\n",
		[]string{`out 1 ["address show"]`, `out 2 ["fdb show"]`, `out 3 ["rule show"]`, `out 4 ["route show"]`, "end 5 1"}},
	{"says nothing of lines that change something and are carried out",
		"ip link set dev x up\nbridge fdb append a dst b dev x\nend 7\n",
		[]string{"end 3 7"}},
	{"tells which lines were refused, and goes on",
		"ip link set a\nip link set refuse\nip link set b\nip link set refuse\nip link show c\nend x\n",
		[]string{"err 2 RTNETLINK answers: File exists", "err 4 RTNETLINK answers: File exists", `out 5 ["link show c"]`, "end 6 x"}},
	{"counts lines anew in every request",
		"ip link set refuse\nend 1\nip link set a\nip link set refuse\nend 2\n",
		[]string{"err 1 RTNETLINK answers: File exists", "end 2 1", "err 2 RTNETLINK answers: File exists", "end 3 2"}},
	{"a refused question has no answer",
		"ip route get refuse\nend 1\n", []string{"err 1 RTNETLINK answers: File exists", "end 2 1"}},
	{"a question may be answered by nothing",
		"ip link show nothing\nip link show a\nend 1\n", []string{`out 2 ["link show a"]`, "end 3 1"}},
	{"a warning is told apart from a refusal and from the answer",
		"ip link show warn\nend 1\n",
		[]string{"out 1 []", "note 1 Dump was interrupted and may be inconsistent.", "end 2 1"}},
	{"large answers stay whole beside each other",
		"ip link show big\nbridge fdb show big\nip link show a\nend 1\n",
		[]string{"out 1 " + big, "out 2 " + big, `out 3 ["link show a"]`, "end 4 1"}},
	{"a tool that dies is told with its words, and what follows is not run",
		"ip link set a\nip link set die\nip link set refuse\nbridge fdb show\nrelease\nend 1\nip link show a\nend 2\n",
		[]string{"died 2 ip: it ended: exit status 255: Error: any valid prefix is expected.", "end 6 1", `out 1 ["link show a"]`, "end 2 2"}},
	{"a tool that crashes", "bridge fdb add crash\nend 1\n", []string{"died 1 bridge: it ended: signal: killed", "end 2 1"}},
	{"a tool that hangs is ended", "ip link set a\nip link set hang\nend 1\n", []string{"died 2 ip: no answer within 2s", "end 3 1"}},
	{"a tool that floods stderr is ended and does not fill the memory",
		"ip link set flood-stderr\nend 1\n",
		[]string{"died 1 ip: no answer within 2s: " + strings.Repeat("f", maxSaid), "end 2 1"}},
	{"a tool that closes its pipes is ended", "ip link set deaf\nend 1\n", []string{"died 1 ip: no answer within 2s", "end 2 1"}},
	{"what a tool says of one line is cut",
		"ip link set refuse-long\nend 1\n", []string{"err 1 " + strings.Repeat("x", maxSaid), "end 2 1"}},
	{"a number that is not the line's own proves nothing",
		"ip link set lie\nip link set refuse\nend 1\n",
		[]string{"note 1 Command failed -:1000000", "err 2 RTNETLINK answers: File exists", "end 3 1"}},
	{"a line that is not let through breaks the request off, after what came before it",
		"ip link set refuse\nip netns exec x reboot\nip link show a\nend 1\nip link show b\nend 2\n",
		[]string{"err 1 RTNETLINK answers: File exists", `refused 2 "netns" is no object of ip here`, "end 4 1", `out 1 ["link show b"]`, "end 2 2"}},
	{"a line that is too long is one line",
		"ip link show " + strings.Repeat("x", 200_000) + "\nip link show a\nend 1\nip link show b\nend 2\n",
		[]string{"refused 1 it has more than 1024 bytes", "end 3 1", `out 1 ["link show b"]`, "end 2 2"}},
	{"a NUL, a tab, a carriage return",
		"ip link\x00show\nend 1\nip\tlink show\nend 2\nip link show\r\nend 3\n",
		[]string{`refused 1 byte 8 of the line is '\x00'`, "end 2 1", `refused 1 byte 3 of the line is '\t'`, "end 2 2", `refused 1 byte 13 of the line is '\r'`, "end 2 3"}},
	{"an empty line is no command", "\nend 1\n", []string{`refused 1 unknown first word ""`, "end 2 1"}},
	{"a request without an end is not answered", "ip link set a\nip link set b", nil},
	{"half a line at the end is not run", "ip link show a\nend 1\nip link show b", []string{`out 1 ["link show a"]`, "end 2 1"}},
	{"release is answered before it is done", "release\nend 1\n", []string{"released 1", "end 2 1"}},
	{"release comes first or not at all",
		"ip link show a\nrelease\nend 1\n", []string{`out 1 ["link show a"]`, `refused 2 "release" is the first line of a request`, "end 3 1"}},
	{"garbage is refused, and the session goes on",
		"GET / HTTP/1.1\n\xff\xfe\nend 1\nip link show a\nend 2\n",
		[]string{`refused 1 unknown first word "GET"`, "end 3 1", `out 1 ["link show a"]`, "end 2 2"}},
}

func TestConversations(t *testing.T) {
	for _, c := range conversations {
		t.Run(c.it, func(t *testing.T) {
			t.Parallel()
			if got := joined(talk(t, fakes(), c.send)); !slices.Equal(got, c.want) {
				t.Errorf("sent %.300q\ngot  %.900q\nwant %.900q", c.send, got, c.want)
			}
		})
	}
}

func TestFloodIsCut(t *testing.T) {
	t.Parallel()
	frames := talk(t, fakes(), "ip link show flood\nend 1\n")
	answered := 0
	for len(frames) > 2 && frames[0].kind == "out" {
		answered += len(frames[0].text)
		frames = frames[1:]
	}
	want := []string{"died 1 ip: it answered more than 16 MiB", "end 2 1"}
	if got := joined(frames); answered < maxAnswer || answered > maxAnswer+(4<<20) || !slices.Equal(got, want) {
		t.Errorf("%d bytes, %q", answered, got)
	}
}

func TestThousandsOfLinesNeedNoRoundTrip(t *testing.T) {
	t.Parallel()
	var send strings.Builder
	var want []string
	for i := 1; i <= 5000; i++ {
		word := "a"
		if i%1000 == 3 {
			word = "refuse"
			want = append(want, fmt.Sprintf("err %d RTNETLINK answers: File exists", i))
		}
		send.WriteString("bridge fdb append " + word + "\n")
	}
	want = append(want, "end 5001 1")
	if got := joined(talk(t, fakes(), send.String()+"end 1\n")); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestOnlyTheFirstRefusalsAreExplained(t *testing.T) {
	t.Parallel()
	got := joined(talk(t, fakes(), strings.Repeat("ip link set refuse\n", maxExplained+2)+"end 1\n"))
	want := []string{"err 100 RTNETLINK answers: File exists", "err 101", "err 102", "end 103 1"}
	if !slices.Equal(got[len(got)-4:], want) {
		t.Errorf("got %q", got[len(got)-4:])
	}
}

func TestProcessesOfTools(t *testing.T) {
	for _, c := range []struct {
		it, send string
		same     bool
	}{
		{"a tool stays for the next request", "ip link show pid\nend 1\nip link show pid\nend 2\n", true},
		{"a tool stays while another is asked", "ip link show pid\nbridge fdb show a\nip link show pid\nend 2\n", true},
		{"restart starts it anew", "ip link show pid\nrestart ip\nip link show pid\nend 2\n", false},
		{"restart of another tool does not", "ip link show pid\nrestart bridge\nip link show pid\nend 2\n", true},
	} {
		t.Run(c.it, func(t *testing.T) {
			var pids []int
			for _, f := range talk(t, fakes(), c.send) {
				if pid, err := strconv.Atoi(strings.TrimSpace(f.text)); f.kind == "out" && err == nil {
					pids = append(pids, pid)
				}
			}
			if len(pids) != 2 || (pids[0] == pids[1]) != c.same {
				t.Errorf("processes %v", pids)
			}
		})
	}
}

func TestAToolThatIsMissing(t *testing.T) {
	options := fakes()
	options.Tools[toolBridge] = []string{"no-such-program"}
	got := joined(talk(t, options, "ip link set a\nbridge fdb show\nend 1\nip link show a\nend 2\n"))
	want := []string{`died 2 bridge: it cannot be started: exec: "no-such-program": executable file not found in $PATH`,
		"end 3 1", `out 1 ["link show a"]`, "end 2 2"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestAReleaseThatFails(t *testing.T) {
	options := fakes()
	options.Release = func() error { return errors.New("operation not permitted") }
	got := joined(talk(t, options, "release\nend 1\n"))
	if want := []string{"released 1", "died 1 release: operation not permitted", "end 2 1"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestToolsGoWhenNothingIsAsked(t *testing.T) {
	options := fakes()
	options.ToolsIdle = 30 * time.Millisecond
	in, feed := pipe(t)
	answers, out := pipe(t)
	options.In, options.Out = int(in.Fd()), int(out.Fd())
	options.IdleLimit = 200 * time.Millisecond
	feed.WriteString("ip link show pid\nend 1\n")
	if status := Run(options); status != exitIdle {
		t.Errorf("status %d", status)
	}
	out.Close()
	answers.Close()
}

func TestItEndsWhenNobodyReads(t *testing.T) {
	options := fakes()
	in, feed := pipe(t)
	answers, out := pipe(t)
	options.In, options.Out = int(in.Fd()), int(out.Fd())
	answers.Close()
	feed.WriteString("ip link show a\nend 1\n")
	if status := Run(options); status != exitDeaf {
		t.Errorf("status %d", status)
	}
}
