// The port that an httpGet startup probe asks: a question is taken at once, and answered when the pod is marked.
package pid1

import (
	"bytes"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// What a ready pod says, how much of a question is read, and how often it is looked whether nobody asks any more.
const (
	answerOfReady = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
	questionMax   = 4096
	quietLook     = 200 * time.Millisecond
)

// answers are those of one port. A probe that fails costs the node two requests and an Event. One that waits costs it
// nothing, and its pod goes on in the moment in which it is marked.
type answers struct {
	port  Port
	mutex sync.Mutex
	// listener: -1 when the port is closed. It is open until the pod is marked and nobody asks any more.
	listener int
	marked   bool
	// end: when a port of a marked pod closes at the latest, zero: none; answered: when somebody was last since the marking.
	end, answered time.Time
	askers        []*asker
}

// asker is a connection, whose question may have been read, and answered.
type asker struct {
	connection     int
	asked, replied bool
}

// serveAnswers answers from the marking on, and each time the pod is marked anew. The listener: -1 when it is another's.
func serveAnswers(port Port, listener int) {
	a := &answers{port: port, listener: listener}
	if listener >= 0 {
		go a.accept(listener)
	}
	err := watchMarker(a.mark)
	say("Cannot learn when the pod is ready: " + err.Error() +
		"; nobody is answered at port " + strconv.Itoa(port.Number) + ": use the exec probe")
}

func (a *answers) mark() {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if !a.end.IsZero() { // It is open, or being opened.
		return
	}
	a.marked, a.end, a.answered = true, time.Now().Add(openLimit), time.Time{}
	for _, one := range a.askers {
		a.reply(one)
	}
	go a.closeWhenQuiet(a.listener, a.end)
}

// closeWhenQuiet opens the port where it is closed.
func (a *answers) closeWhenQuiet(listener int, end time.Time) {
	if listener < 0 {
		if listener = listenUntil(a.port, end); listener < 0 {
			a.mutex.Lock()
			defer a.mutex.Unlock()
			a.end = time.Time{}
			return
		}
		go a.accept(listener)
	}
	for !a.isQuiet() {
		time.Sleep(quietLook)
	}
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if a.answered.IsZero() {
		sayNobodyAsked(a.port)
	}
	syscall.Shutdown(listener, syscall.SHUT_RDWR)
	for _, one := range a.askers {
		syscall.Shutdown(one.connection, syscall.SHUT_RDWR)
	}
	a.listener, a.end = -1, time.Time{}
}

func (a *answers) isQuiet() bool {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	now := time.Now()
	return now.After(a.end) || !a.answered.IsZero() && now.Sub(a.answered) > quietLimit
}

// accept returns when the listener is shut down, and closes it.
func (a *answers) accept(listener int) {
	defer syscall.Close(listener)
	for {
		connection, _, err := syscall.Accept4(listener, syscall.SOCK_CLOEXEC)
		if err == syscall.EINVAL {
			return
		}
		if err != nil {
			time.Sleep(time.Millisecond)
			continue
		}
		one := &asker{connection: connection}
		a.take(one)
		go a.hear(one)
	}
}

// take keeps so many at most: the oldest gives way. The kubelet asks again.
func (a *answers) take(one *asker) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if len(a.askers) == holdersMax {
		syscall.Shutdown(a.askers[0].connection, syscall.SHUT_RDWR)
		a.askers = a.askers[1:]
	}
	a.askers = append(a.askers, one)
}

// hear reads the question, and stays until the other side has closed: what is closed with bytes unread is reset, which
// could overtake the answer, and who closes first holds the port for another minute.
func (a *answers) hear(one *asker) {
	setTimeout(one.connection, holdLimit)
	var question []byte
	chunk := make([]byte, 512)
	for len(question) <= questionMax {
		n, err := syscall.Read(one.connection, chunk)
		if err == syscall.EINTR {
			continue
		}
		if n <= 0 || err != nil {
			break
		}
		question = append(question, chunk[:n]...)
		if bytes.Contains(question, []byte("\r\n\r\n")) && a.asks(one) {
			syscall.SetsockoptTimeval(one.connection, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &syscall.Timeval{})
		}
	}
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.askers = slices.DeleteFunc(a.askers, func(other *asker) bool { return other == one })
	syscall.SetsockoptLinger(one.connection, syscall.SOL_SOCKET, syscall.SO_LINGER, &syscall.Linger{Onoff: 1})
	syscall.Close(one.connection)
}

// asks notes that its question is complete: true the first time.
func (a *answers) asks(one *asker) bool {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if one.asked {
		return false
	}
	one.asked = true
	if a.marked {
		a.reply(one)
	}
	return true
}

func (a *answers) reply(one *asker) {
	if !one.asked || one.replied {
		return
	}
	one.replied, a.answered = true, time.Now()
	// A connection on which nothing was said has room for it, so this does not wait.
	syscall.Write(one.connection, []byte(answerOfReady))
}
