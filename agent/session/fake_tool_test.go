// Tools that behave badly: the test binary itself, started under a name that says how.
package session

import (
	"bufio"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "as-tool" {
		fakeTool()
		return
	}
	if len(os.Args) > 1 && os.Args[1] == "as-late" {
		listenLate()
		return
	}
	os.Exit(m.Run())
}

// listenLate drops TERM for a while, as the kernel does for a process 1 that has no handler yet, and ends on the next.
func listenLate() {
	signal.Ignore(syscall.SIGTERM)
	fmt.Println("started")
	time.Sleep(300 * time.Millisecond)
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, syscall.SIGTERM)
	select {
	case <-heard:
	case <-time.After(10 * time.Second):
		os.Exit(1)
	}
}

// fakeTool answers as ip and bridge do, and does what the last word of a line says.
func fakeTool() {
	out := bufio.NewWriter(os.Stdout)
	lines := bufio.NewScanner(os.Stdin)
	for number := 1; lines.Scan(); number++ {
		words := strings.Fields(lines.Text())
		failed := func(text string) { fmt.Fprintf(os.Stderr, "%s\nCommand failed -:%d\n", text, number) }
		switch words[len(words)-1] {
		case "-":
			failed(`Object "-" is unknown, try "ip help".`)
		case "refuse":
			failed("RTNETLINK answers: File exists")
		case "refuse-long":
			failed(strings.Repeat("x", 200_000))
		case "warn":
			fmt.Fprintln(os.Stderr, "Dump was interrupted and may be inconsistent.")
			fmt.Fprintln(out, "[]")
		case "lie":
			fmt.Fprintln(os.Stderr, "Command failed -:1000000")
		case "die":
			fmt.Fprintln(os.Stderr, "Error: any valid prefix is expected.")
			os.Exit(255)
		case "crash":
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
		case "hang":
			time.Sleep(time.Hour)
		case "deaf":
			syscall.Close(0)
			syscall.Close(1)
			time.Sleep(time.Hour)
		case "flood":
			for {
				out.WriteString(strings.Repeat("f", 1000))
			}
		case "flood-stderr":
			for {
				os.Stderr.WriteString(strings.Repeat("f", 1000))
			}
		case "big":
			fmt.Fprintln(out, `["`+strings.Repeat("b", 3_000_000)+`"]`)
		case "nothing":
		case "pid":
			fmt.Fprintln(out, os.Getpid())
		default:
			if len(words) > 1 && words[1] == "show" {
				fmt.Fprintf(out, "[%q]\n", lines.Text())
			}
		}
		out.Flush()
	}
}
