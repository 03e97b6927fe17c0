// Which lines may reach a tool: known objects and verbs, plain words, nothing that runs, loads or moves anything.
package session

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The tools, as lines name them.
const (
	toolIP     = "ip"
	toolIP6    = "ip6"
	toolBridge = "bridge"
)

// maxLine is the length of a line in bytes, without its newline. The longest that is needed sets an alias of 255.
const maxLine = 1024

// What a line asks for.
type line struct {
	// "run", "restart", "release" or "end".
	kind string
	// The tool of "run" and "restart".
	tool string
	// What the tool reads for "run"; the token of "end".
	text string
	// It asks and changes nothing: its answer is waited for before the next line runs.
	query bool
}

// Objects with their verbs. No abbreviations: iproute2 would take "r" for route as well as for rule. Missing on purpose:
// netns and vrf (they run programs), monitor (it never ends), save and restore (they read the lines that follow).
var verbs = map[string]map[string][]string{
	toolIP: {
		"address": {"show", "add", "replace", "change", "delete", "flush"},
		"link":    {"show", "add", "set", "delete"},
		"neigh":   {"show", "get", "add", "replace", "change", "delete", "flush"},
		"route":   {"show", "get", "add", "append", "replace", "change", "delete", "flush"},
		"rule":    {"show", "add", "delete", "flush"},
	},
	toolBridge: {
		"fdb":  {"show", "get", "add", "append", "replace", "delete", "flush"},
		"link": {"show"},
	},
}

var queries = []string{"show", "get"}

// Words that would leave the pod's network namespace, load code into the kernel, or end the tool with its manual.
// Some are values too (a device may be called "bpf"): such a device cannot be spoken of, which hurts nobody.
var forbidden = []string{
	"netns", "link-netns", "link-netnsid", "encap", "bpf", "xdp", "xdpgeneric", "xdpdrv", "xdpoffload", "object",
	"pinned", "vrf", "help",
}

// parse reads one line. An error says what was found; its text holds at most a few words of the line.
func parse(text []byte) (line, error) {
	if at := bytes.IndexFunc(text, func(r rune) bool { return !isPlain(r) }); at >= 0 {
		found, _ := utf8.DecodeRune(text[at:])
		return line{}, fmt.Errorf("byte %d of the line is %s", at+1, strconv.QuoteRuneToASCII(found))
	}
	first, rest, _ := strings.Cut(string(text), " ")
	words := strings.Split(rest, " ")
	if slices.Contains(words, "") && rest != "" {
		return line{}, fmt.Errorf("it holds an empty word")
	}
	switch first {
	case "end":
		if len(words) == 1 && rest != "" && len(rest) <= 20 {
			return line{kind: "end", text: rest}, nil
		}
		return line{}, fmt.Errorf(`"end" wants one word of at most 20 bytes`)
	case "release":
		if rest == "" {
			return line{kind: "release"}, nil
		}
		return line{}, fmt.Errorf(`"release" stands alone`)
	case "restart":
		if isTool(rest) {
			return line{kind: "restart", tool: rest}, nil
		}
		return line{}, fmt.Errorf(`"restart" wants ip, ip6 or bridge, found %s`, quoted(rest))
	}
	if !isTool(first) {
		return line{}, fmt.Errorf("unknown first word %s", quoted(first))
	}
	return parseCommand(first, rest, words)
}

func parseCommand(tool, text string, words []string) (line, error) {
	object := words[0]
	allowed := verbs[tool][object]
	if tool == toolIP6 {
		allowed = verbs[toolIP][object]
	}
	if allowed == nil {
		return line{}, fmt.Errorf("%s is no object of %s here", quoted(object), tool)
	}
	if len(words) < 2 || !slices.Contains(allowed, words[1]) {
		return line{}, fmt.Errorf("%s %s wants one of: %s", tool, object, strings.Join(allowed, ", "))
	}
	for i, word := range words[2:] {
		if word[0] == '-' || slices.Contains(forbidden, word) {
			return line{}, fmt.Errorf("the word %s is not let through", quoted(word))
		}
		// The kind of a link is the name of a library that `ip` may load.
		if object == "link" && words[i+1] == "type" && word != "vxlan" {
			return line{}, fmt.Errorf("links of type vxlan only, found %s", quoted(word))
		}
	}
	return line{kind: "run", tool: tool, text: text, query: slices.Contains(queries, words[1])}, nil
}

// isPlain: letters, digits and what names, addresses and aliases are made of. No quotes, no # and no backslash, for
// iproute2 gives them a meaning.
func isPlain(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(" _.,:=/+@%-", r)
}

func isTool(word string) bool { return word == toolIP || word == toolIP6 || word == toolBridge }

func quoted(word string) string {
	if len(word) > 40 {
		word = word[:40] + "..."
	}
	return `"` + word + `"`
}
