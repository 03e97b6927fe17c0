// What do the real ip and bridge answer through a session? In a network namespace of its own, which wants root.
package session

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// inNamespace runs the rest of the test on a thread with a new network namespace, in which eth0 has 10.0.0.1.
func inNamespace(t testing.TB) {
	t.Helper()
	// Never unlocked: the thread ends with the test, and the namespace with it.
	runtime.LockOSThread()
	if err := syscall.Unshare(syscall.CLONE_NEWNET); err != nil {
		t.Skip("SKIPPED: no network namespace of its own can be made (root is needed): " + err.Error())
	}
	for _, command := range []string{
		"ip link set lo up", "ip link add eth0 type veth peer name eth0p", "ip link set eth0 up",
		"ip link set eth0p up", "ip address add 10.0.0.1/16 dev eth0",
	} {
		words := strings.Fields(command)
		if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", command, err, out)
		}
	}
}

const makeLink = "ip link add name vx address 02:00:00:00:00:01 type vxlan id 6 dev eth0 dstport 8472\n"

var realConversations = []struct {
	it   string
	send string
	want []string
}{
	{"makes an interface, fills its fdb and shows both",
		makeLink + "ip link set dev vx up\nip address replace 10.9.0.1/24 dev vx\n" +
			"bridge fdb append 00:00:00:00:00:00 dst 10.0.0.2 dev vx\nip address show\nbridge fdb show\nend 1\n",
		[]string{"out 5 ifname lo eth0p eth0 vx", "out 6 dst 10.0.0.2", "end 7 1"}},
	{"tells which line the kernel refused, in its words",
		makeLink + makeLink + "bridge fdb delete 00:00:00:00:00:00 dst 10.0.0.9 dev vx\nend 1\n",
		[]string{"err 2 RTNETLINK answers: File exists", "err 3 RTNETLINK answers: No such file or directory", "end 4 1"}},
	{"a malformed argument ends the tool: told with its line, the next request finds it again",
		"ip link set dev lo up\nip address add 10.0.0.300/24 dev lo\nip link show\nend 1\nip link show dev lo\nend 2\n",
		[]string{`died 2 ip: it ended: exit status 1: Error: any valid prefix is expected rather than "10.0.0.300/24".`, "end 4 1",
			"out 1 ifname lo", "end 2 2"}},
	{"a question about a device that is not there answers nothing",
		"ip link show dev nothing\nip link show dev lo\nend 1\n",
		[]string{`err 1 Device "nothing" does not exist.`, "out 2 ifname lo", "end 3 1"}},
	{"rules of IPv6, which the plain ip cannot do",
		"ip6 rule add pref 86 ipproto 17 dport 8472 lookup 86 protocol 86\nip6 rule show pref 86\nip rule show pref 86\nend 1\n",
		[]string{"out 2 priority 86", "out 3 priority", "end 4 1"}},
	{"a link that somebody else made anew is found after restart",
		makeLink + "bridge fdb append 00:00:00:00:00:00 dst 10.0.0.2 dev vx\nip link delete dev vx\n" + makeLink +
			"restart bridge\nbridge fdb append 00:00:00:00:00:00 dst 10.0.0.3 dev vx\nbridge fdb show\nend 1\n",
		[]string{"out 7 dst 10.0.0.3", "end 8 1"}},
	{"the marker of a native sidecar",
		"ip link set dev lo alias kube-vxlan-controller:ready\nip link show dev lo\nend 1\n",
		[]string{"out 2 ifname lo", "end 3 1"}},
}

func TestRealTools(t *testing.T) {
	for _, c := range realConversations {
		t.Run(c.it, func(t *testing.T) {
			inNamespace(t)
			got := joined(talk(t, Default(), c.send))
			for i := range got {
				got[i] = essence(t, got[i])
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// essence shortens an answer to what the tests are about: names, destinations of vx, priorities.
func essence(t *testing.T, text string) string {
	kind, rest, _ := strings.Cut(text, " ")
	number, answer, _ := strings.Cut(rest, " ")
	if kind != "out" {
		return text
	}
	var found []map[string]any
	if err := json.Unmarshal([]byte(answer), &found); err != nil {
		t.Fatalf("no JSON: %.200q", answer)
	}
	words := []string{kind, number}
	for _, key := range []string{"dst", "priority", "ifname"} {
		if strings.Contains(answer, `"`+key+`"`) || key == "priority" && answer == "[]" {
			words = append(words, key)
			for _, each := range found {
				if value, has := each[key]; has {
					words = append(words, fmt.Sprint(value))
				}
			}
			break
		}
	}
	return strings.Join(words, " ")
}

func TestALargeFdbWhileItChanges(t *testing.T) {
	inNamespace(t)
	var send strings.Builder
	send.WriteString(makeLink)
	for i := range 4000 {
		fmt.Fprintf(&send, "bridge fdb append 00:00:00:00:00:00 dst 10.1.%d.%d dev vx\n", i/250, i%250+1)
	}
	send.WriteString("bridge fdb show\nip address show\nbridge fdb show\nend 1\n")
	got := joined(talk(t, Default(), send.String()))
	if len(got) != 4 || strings.Count(got[0], `"dst"`) != 4000 || !strings.HasPrefix(got[1], "out 4003 [") ||
		strings.Count(got[2], `"dst"`) != 4000 || got[3] != "end 4005 1" {
		t.Errorf("%d frames", len(got))
	}
}

// How many lines a second; `go test -bench . ./session`.
func BenchmarkForwardingLines(b *testing.B) {
	inNamespace(b)
	var send strings.Builder
	send.WriteString(makeLink)
	for i := range b.N {
		fmt.Fprintf(&send, "bridge fdb append 00:00:00:00:00:00 dst 10.%d.%d.%d dev vx\n", i/62500%250, i/250%250, i%250+1)
	}
	b.ResetTimer()
	talk(b, Default(), send.String()+"end 1\n")
}
