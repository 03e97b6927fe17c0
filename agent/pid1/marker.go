// When is the pod marked as ready? The kernel tells of every change to `lo`, whose alias is the marker.
package pid1

import (
	"bytes"
	"encoding/binary"
	"os"
	"slices"
	"syscall"
)

// marker is what the controller writes as the alias of `lo`, and what `grep` finds in /sys/class/net/lo/ifalias.
const marker = "kube-vxlan-controller:ready"

// Of linux/rtnetlink.h and linux/if_link.h; `lo` is the first interface of every network namespace.
const (
	linkGroup  = 1
	aliasField = 20
	loopback   = 1
)

// watchMarker calls `marked` when `lo` has the marker now, and each time it gets it: one that is set to another alias and
// back tells again, other changes to `lo` do not. It returns only with an error.
func watchMarker(marked func()) error {
	fd, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, syscall.NETLINK_ROUTE)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	defer syscall.Close(fd)
	if err := syscall.Bind(fd, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK, Groups: linkGroup}); err != nil {
		return os.NewSyscallError("bind", err)
	}
	ask, was := true, false
	buffer := make([]byte, 32<<10)
	for {
		if ask {
			if err := syscall.Sendto(fd, loopbackQuestion(), 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}); err != nil {
				return os.NewSyscallError("sendto", err)
			}
		}
		n, _, err := syscall.Recvfrom(fd, buffer, 0)
		// ENOBUFS: more came than was read. What was lost is asked for.
		ask = err == syscall.ENOBUFS
		if err != nil && err != syscall.EINTR && err != syscall.ENOBUFS {
			return os.NewSyscallError("recvfrom", err)
		}
		if err != nil {
			continue
		}
		for _, alias := range loopbackAliases(buffer[:n]) {
			is := alias == marker
			if is && !was {
				marked()
			}
			was = is
		}
	}
}

// isMarked tells whether `lo` has the marker now.
func isMarked() (bool, error) {
	fd, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, syscall.NETLINK_ROUTE)
	if err != nil {
		return false, os.NewSyscallError("socket", err)
	}
	defer syscall.Close(fd)
	if err := syscall.Sendto(fd, loopbackQuestion(), 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}); err != nil {
		return false, os.NewSyscallError("sendto", err)
	}
	buffer := make([]byte, 32<<10)
	for {
		n, _, err := syscall.Recvfrom(fd, buffer, 0)
		if err == syscall.EINTR {
			continue
		}
		return slices.Contains(loopbackAliases(buffer[:max(n, 0)]), marker), os.NewSyscallError("recvfrom", err)
	}
}

// loopbackQuestion asks for `lo` only: a header and a struct ifinfomsg.
func loopbackQuestion() []byte {
	message := make([]byte, syscall.SizeofNlMsghdr+syscall.SizeofIfInfomsg)
	binary.NativeEndian.PutUint32(message, uint32(len(message)))
	binary.NativeEndian.PutUint16(message[4:], syscall.RTM_GETLINK)
	binary.NativeEndian.PutUint16(message[6:], syscall.NLM_F_REQUEST)
	binary.NativeEndian.PutUint32(message[syscall.SizeofNlMsghdr+4:], loopback)
	return message
}

// loopbackAliases gives the alias of `lo` in each message that shows it. What cannot be read says nothing.
func loopbackAliases(data []byte) []string {
	messages, err := syscall.ParseNetlinkMessage(data)
	if err != nil {
		return nil
	}
	var aliases []string
	for _, message := range messages {
		if message.Header.Type != syscall.RTM_NEWLINK || len(message.Data) < syscall.SizeofIfInfomsg ||
			binary.NativeEndian.Uint32(message.Data[4:]) != loopback {
			continue
		}
		fields, err := syscall.ParseNetlinkRouteAttr(&message)
		if err != nil {
			continue
		}
		alias := ""
		for _, field := range fields {
			if field.Attr.Type == aliasField {
				alias = string(bytes.TrimRight(field.Value, "\x00"))
			}
		}
		aliases = append(aliases, alias)
	}
	return aliases
}
