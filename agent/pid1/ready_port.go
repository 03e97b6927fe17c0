// The port that a tcpSocket startup probe asks: open from the marker until nobody asks any more, for 60 s at most.
package pid1

import (
	"strconv"
	"sync/atomic"
	"syscall"
	"time"
)

// How long the port stays open at most and after the last connection, how often a taken port is tried, how long a prober
// may hold on, how many may do so at a time, and how often they are looked at.
const (
	openLimit   = 60 * time.Second
	quietLimit  = 3 * time.Second
	retryTaken  = time.Second
	holdLimit   = 2 * time.Second
	holdersMax  = 64
	holdersLook = 100 * time.Millisecond
)

// servePort opens the port each time the pod is marked as ready. The port is in the user's pod: it is held no longer
// than needed, and whatever fails is said, once for each marking.
func servePort(port Port) {
	var open atomic.Bool
	err := watchMarker(func() {
		if open.CompareAndSwap(false, true) {
			go func() {
				offer(port, time.Now().Add(openLimit))
				open.Store(false)
			}()
		}
	})
	say("Cannot learn when the pod is ready: " + err.Error() +
		"; port " + strconv.Itoa(port.Number) + " stays closed: use the exec probe")
}

// unlessTaken gives a listener, and -1 after the marking when the port is taken: it is free for everybody then, and an
// agent that restarts and finds it taken does no harm. False, and it is said: somebody listens although the pod is not
// marked.
func unlessTaken(port Port) (int, bool) {
	listener, err := listen(port.Number)
	if err == nil {
		return listener, true
	}
	if ready, unknown := isMarked(); ready || unknown != nil {
		return -1, true
	}
	say("Cannot hold the pod until its networks are there: port " + strconv.Itoa(port.Number) + " of the startup probe: " +
		err.Error() + "; choose another with " + port.flag() + ", or use the exec probe")
	return -1, false
}

func offer(port Port, end time.Time) {
	if listener := listenUntil(port, end); listener >= 0 && !answer(listener, end, quietLimit) {
		sayNobodyAsked(port)
	}
}

// listenUntil tries until the end, and gives -1 then. That the port is taken is said once.
func listenUntil(port Port, end time.Time) int {
	for said := false; time.Now().Before(end); time.Sleep(retryTaken) {
		listener, err := listen(port.Number)
		if err == nil {
			return listener
		}
		if !said {
			say("Cannot open port " + strconv.Itoa(port.Number) + " for the startup probe: " + err.Error() +
				"; choose another with " + port.flag() + ", or use the exec probe")
			said = true
		}
	}
	return -1
}

func sayNobodyAsked(port Port) {
	say("nobody has asked at port " + strconv.Itoa(port.Number) + " for " + openLimit.String() + "; it is closed")
}

// listen opens the port for IPv6 and IPv4, or for IPv4 where there is no IPv6.
func listen(port int) (int, error) {
	fd, err := listenAt(syscall.AF_INET6, &syscall.SockaddrInet6{Port: port})
	if err == syscall.EAFNOSUPPORT || err == syscall.EADDRNOTAVAIL {
		return listenAt(syscall.AF_INET, &syscall.SockaddrInet4{Port: port})
	}
	return fd, err
}

func listenAt(family int, address syscall.Sockaddr) (int, error) {
	fd, err := syscall.Socket(family, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	// A connection of an earlier marking that is in TIME_WAIT does not matter.
	syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
	if family == syscall.AF_INET6 {
		syscall.SetsockoptInt(fd, syscall.IPPROTO_IPV6, syscall.IPV6_V6ONLY, 0)
	}
	if err = syscall.Bind(fd, address); err == nil {
		err = syscall.Listen(fd, 256)
	}
	if err != nil {
		syscall.Close(fd)
		return -1, err
	}
	return fd, nil
}

// answer takes connections and says nothing on them: that they were made is the answer. It closes the port when none has
// come for `quiet` after another. The first alone would not do: it may be a scanner's or a neighbour's, and the kubelet,
// which asks every second until it has succeeded, would find the port closed for good. False: nobody has asked.
func answer(listener int, end time.Time, quiet time.Duration) bool {
	defer syscall.Close(listener)
	asked, deadline := false, end
	var holders []holder
	for time.Now().Before(deadline) {
		wait := time.Until(deadline)
		if len(holders) > 0 {
			wait = min(wait, holdersLook)
		}
		setTimeout(listener, wait)
		connection, _, err := syscall.Accept4(listener, syscall.SOCK_CLOEXEC)
		now := time.Now()
		if err != nil {
			holders = letGo(holders, func(h holder) bool { return h.hasClosed() || now.Sub(h.since) > holdLimit })
			if err != syscall.EAGAIN {
				time.Sleep(time.Millisecond)
			}
			continue
		}
		asked = true
		if deadline = now.Add(quiet); deadline.After(end) {
			deadline = end
		}
		// Who comes is let in at once: a full queue would make the kubelet's connection wait for a second.
		if len(holders) == holdersMax {
			letGo(holders[:1], func(holder) bool { return true })
			holders = holders[1:]
		}
		holders = append(holders, holder{connection, now})
	}
	letGo(holders, func(holder) bool { return true })
	return asked
}

// holder is a connection that the other side has not closed yet, as probers do at once. A reset could overtake the news
// of its success, and the side that closes first holds the port for another minute.
type holder struct {
	connection int
	since      time.Time
}

func (h holder) hasClosed() bool {
	_, _, err := syscall.Recvfrom(h.connection, make([]byte, 1), syscall.MSG_DONTWAIT)
	return err != syscall.EAGAIN
}

// letGo ends those that `over` names, and gives the others.
func letGo(holders []holder, over func(holder) bool) []holder {
	var kept []holder
	for _, h := range holders {
		if !over(h) {
			kept = append(kept, h)
			continue
		}
		syscall.SetsockoptLinger(h.connection, syscall.SOL_SOCKET, syscall.SO_LINGER, &syscall.Linger{Onoff: 1})
		syscall.Close(h.connection)
	}
	return kept
}

func setTimeout(fd int, limit time.Duration) {
	timeout := syscall.NsecToTimeval(max(limit, time.Millisecond).Nanoseconds())
	syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &timeout)
}
