// Which lines reach a tool, and which never may?
package session

import (
	"strings"
	"testing"
)

// Lines that the controller sends, and what they ask for.
var letThrough = []struct {
	text  string
	tool  string
	query bool
}{
	{"ip address show", "ip", true},
	{"ip route show table all", "ip", true},
	{"ip route show table all type unicast proto 86", "ip", true},
	{"ip link add name vx0 address 02:00:00:00:00:01 mtu 1400 type vxlan id 5 dev eth0 dstport 8472 local fd00::1", "ip", false},
	{"ip link set dev vx0 type vxlan id 5 dev eth1", "ip", false},
	{"ip link set dev lo alias kube-vxlan-controller:ready", "ip", false},
	{"ip link set dev vx0 alias kube-vxlan-controller:network=vx0,annotation=vxlan.travelping.com/networks", "ip", false},
	{"ip link set dev kvx2cbac907fac6 name vx0 alias kube-vxlan-controller:network=vx0,annotation=a/b up type vxlan id 5", "ip", false},
	{"ip link delete dev vx0", "ip", false},
	{"ip address replace fd00::5/64 dev if00000000000007 nodad", "ip", false},
	{"ip route add 10.0.0.0/8 via 10.1.0.1 dev if00000000000007 proto 86", "ip", false},
	{"ip rule add pref 86 ipproto 17 dport 8472 lookup 86 protocol 86", "ip", false},
	{"ip6 rule show pref 86", "ip6", true},
	{"ip neigh replace fe80::1 nud probe dev vx0", "ip", false},
	{"bridge fdb show", "bridge", true},
	{"bridge link show dev lo", "bridge", true},
	{"bridge fdb append 00:00:00:00:00:00 dst 10.0.0.1 dev vx0", "bridge", false},
	{"bridge fdb replace 02:00:00:00:00:01 dst fd00::1 dev vx0 self permanent", "bridge", false},
}

func TestLinesThatAreLetThrough(t *testing.T) {
	for _, c := range letThrough {
		_, text, _ := strings.Cut(c.text, " ")
		if got, err := parse([]byte(c.text)); err != nil || got != (line{kind: "run", tool: c.tool, text: text, query: c.query}) {
			t.Errorf("%s: %+v, %v", c.text, got, err)
		}
	}
}

var notLetThrough = []struct{ it, text, reason string }{
	{"another program", "sh -c reboot", `unknown first word "sh"`},
	{"a path", "/bin/ip link show", `unknown first word "/bin/ip"`},
	{"an option before the object", "ip -batch /etc/passwd", `"-batch" is no object of ip here`},
	{"an option before the verb", "ip link -h", "ip link wants one of: show, add, set, delete"},
	{"an option as a value", "ip link set dev -batch up", `the word "-batch" is not let through`},
	{"a program in another namespace", "ip netns exec x reboot", `"netns" is no object of ip here`},
	{"a program in a VRF", "ip vrf exec x reboot", `"vrf" is no object of ip here`},
	{"an abbreviation that means netns", "ip net exec x reboot", `"net" is no object of ip here`},
	{"an abbreviation that is harmless", "ip addr show", `"addr" is no object of ip here`},
	{"an abbreviated verb", "ip link sh", "ip link wants one of: show, add, set, delete"},
	{"what never ends", "ip monitor all", `"monitor" is no object of ip here`},
	{"what reads our lines as its data", "ip route restore", "ip route wants one of: show, get, add, append, replace, change, delete, flush"},
	{"what answers in no text", "ip address save", "ip address wants one of: show, add, replace, change, delete, flush"},
	{"no verb", "ip link", "ip link wants one of: show, add, set, delete"},
	{"no object", "ip", `"" is no object of ip here`},
	{"another object of bridge", "bridge vlan show", `"vlan" is no object of bridge here`},
	{"a change by bridge to a port", "bridge link set dev x master y", "bridge link wants one of: show"},
	{"an object of ip for bridge", "bridge address show", `"address" is no object of bridge here`},
	{"a move into another namespace", "ip link set dev eth0 netns 1", `the word "netns" is not let through`},
	{"a program for the kernel", "ip link set dev eth0 xdp object /tmp/x", `the word "xdp" is not let through`},
	{"a program for the kernel by a route", "ip route add 10.0.0.0/8 encap bpf in object x", `the word "encap" is not let through`},
	{"the manual, which ends the tool", "ip link show help", `the word "help" is not let through`},
	{"a library by the kind of a link", "ip link add name x type ../../tmp/x", `links of type vxlan only, found "../../tmp/x"`},
	{"another kind of link", "ip link add name x type macvlan", `links of type vxlan only, found "macvlan"`},
	{"two commands by a semicolon", "ip link show; ip link show", "byte 13 of the line is ';'"},
	{"a comment", "ip link show # x", "byte 14 of the line is '#'"},
	{"a line that goes on", `ip link show \`, `byte 14 of the line is '\\'`},
	{"quotes", `ip link set dev x alias "a b"`, `byte 25 of the line is '"'`},
	{"no ASCII", "ip link show dev ä", `byte 18 of the line is '\u00e4'`},
	{"two blanks", "ip link  show", "it holds an empty word"},
	{"a blank at the end", "ip link show ", "it holds an empty word"},
	{"a blank at the beginning", " ip link show", `unknown first word ""`},
	{"release with a target", "release 7", `"release" stands alone`},
	{"restart of nothing", "restart", `"restart" wants ip, ip6 or bridge, found ""`},
	{"restart of something", "restart sh", `"restart" wants ip, ip6 or bridge, found "sh"`},
	{"an end without a token", "end", `"end" wants one word of at most 20 bytes`},
	{"an end with two", "end 1 2", `"end" wants one word of at most 20 bytes`},
	{"an end that would make a long answer", "end 123456789012345678901", `"end" wants one word of at most 20 bytes`},
	{"a long word is cut in the message", strings.Repeat("x", 1000), `unknown first word "` + strings.Repeat("x", 40) + `..."`},
}

func TestLinesThatAreNotLetThrough(t *testing.T) {
	for _, c := range notLetThrough {
		if got, err := parse([]byte(c.text)); err == nil || err.Error() != c.reason {
			t.Errorf("%s: %+v, %v; want %s", c.it, got, err, c.reason)
		}
	}
}

// Whatever is let through is one line of known words; go test -fuzz looks for more.
func FuzzParse(f *testing.F) {
	for _, c := range letThrough {
		f.Add(c.text)
	}
	for _, c := range notLetThrough {
		f.Add(c.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parse([]byte(text))
		if err != nil || got.kind != "run" {
			return
		}
		words := strings.Fields(got.text)
		if strings.ContainsAny(got.text, "\n\r\x00\\#'\"") || len(words) < 2 || verbs[toolIP][words[0]] == nil && words[0] != "fdb" {
			t.Errorf("%q is let through", text)
		}
		for _, word := range words {
			if strings.HasPrefix(word, "-") || word == "netns" || word == "exec" && words[0] == "netns" {
				t.Errorf("%q is let through", text)
			}
		}
	})
}
