// The port that a tcpSocket startup probe asks: open from the marker until the first connection, for 60 s at most.
package pid1

import (
	"strconv"
	"sync/atomic"
	"syscall"
	"time"
)

// How long the port stays open when nobody asks, how often a taken port is tried, and how long a prober may hold on.
const (
	openLimit  = 60 * time.Second
	retryTaken = time.Second
	holdLimit  = 2 * time.Second
)

// servePort opens the port each time the pod is marked as ready. The port is in the user's pod: it is held no longer
// than needed, and whatever fails is said, once for each marking.
func servePort(port int) {
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
		"; port " + strconv.Itoa(port) + " stays closed: use the exec probe")
}

func offer(port int, end time.Time) {
	said := false
	for time.Now().Before(end) {
		listener, err := listen(port)
		if err == nil {
			if !answerOnce(listener, end) {
				say("nobody has asked at port " + strconv.Itoa(port) + " for " + openLimit.String() + "; it is closed")
			}
			return
		}
		if !said {
			say("Cannot open port " + strconv.Itoa(port) + " for the startup probe: " + err.Error() +
				"; choose another with --ready-port, or use the exec probe")
			said = true
		}
		time.Sleep(retryTaken)
	}
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
		err = syscall.Listen(fd, 8)
	}
	if err != nil {
		syscall.Close(fd)
		return -1, err
	}
	return fd, nil
}

// answerOnce waits for one connection and says nothing on it: that it was made is the answer. It closes the port.
func answerOnce(listener int, end time.Time) bool {
	connection := -1
	for connection < 0 && time.Now().Before(end) {
		setTimeout(listener, time.Until(end))
		connection, _, _ = syscall.Accept4(listener, syscall.SOCK_CLOEXEC)
	}
	syscall.Close(listener)
	if connection < 0 {
		return false
	}
	// The prober closes first. A reset could overtake the news of its success, and the side that closes first holds the
	// port for another minute.
	setTimeout(connection, holdLimit)
	syscall.Read(connection, make([]byte, 1))
	syscall.SetsockoptLinger(connection, syscall.SOL_SOCKET, syscall.SO_LINGER, &syscall.Linger{Onoff: 1})
	syscall.Close(connection)
	return true
}

func setTimeout(fd int, limit time.Duration) {
	timeout := syscall.NsecToTimeval(max(limit, time.Millisecond).Nanoseconds())
	syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &timeout)
}
