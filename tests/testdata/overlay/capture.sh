#!/bin/bash
# Where do the files beside this one come from: runs as root in a namespace of its own, `unshare -n bash capture.sh`.
# Each scene gives NAME.ip (what `ip` answers to a look: links, then routes) and NAME.bridge (forwarding entries).
set -eu
cd "$(dirname "$0")"

look() {
  printf 'address show\nroute show table all\n' | ip -json -details -force -batch - > "$1.ip"
  echo 'fdb show' | bridge -json -force -batch - > "$1.bridge"
}

look bare

# A second pod, as a namespace of its own; both on a veth pair.
unshare -n sleep 60 &
peer=$!
trap 'kill $peer' EXIT
until [ "$(readlink /proc/$peer/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.01; done
there() { nsenter -t $peer -n "$@"; }

ip link add eth0 address 02:42:0a:f4:01:05 type veth peer name eth0 address 02:42:0a:f4:01:06 netns $peer
ip link set lo up
ip link set eth0 up
ip address add 10.244.1.5/24 dev eth0
ip address add fd00:10:244:1::5/64 dev eth0 nodad
ip route add default via 10.244.1.1
ip -6 route add default via fd00:10:244:1::1
there ip link set eth0 up
there ip address add 10.244.1.6/24 dev eth0
sleep 2 # until duplicate address detection is over
look fresh

ip -force -batch - <<'LINES'
link add name vxeth0 address 02:00:00:00:01:05 mtu 1400 type vxlan id 100 dev eth0 dstport 8472
link set dev vxeth0 alias kube-vxlan-controller:network=vxeth0,annotation=vxlan.travelping.com/networks
link set dev vxeth0 up
address replace 192.168.10.5/24 dev vxeth0
address replace fd01::5/64 dev vxeth0 nodad
route add 192.168.20.0/24 via 192.168.10.6 dev vxeth0 proto 86
route add fd02::/64 via fd01::6 dev vxeth0 proto 86
route add 192.168.30.1/32 via 192.168.10.6 dev vxeth0
link add name vxeth1 address 02:00:00:00:02:05 type vxlan id 101 dev eth0 dstport 4789 local fd00:10:244:1::5
link set dev vxeth1 alias kube-vxlan-controller:network=other.net,annotation=vxlan.travelping.com/networks
LINES
bridge -force -batch - <<'LINES'
fdb append 00:00:00:00:00:00 dst 10.244.1.6 dev vxeth0
fdb append 00:00:00:00:00:00 dst 10.244.2.7 dev vxeth0
fdb append 00:00:00:00:00:00 dst fd00:10:244:2::7 dev vxeth1
LINES
there ip link add name vxeth0 address 02:00:00:00:01:06 mtu 1400 type vxlan id 100 dev eth0 dstport 8472
there ip link set vxeth0 up
there ip address add 192.168.10.6/24 dev vxeth0
there bridge fdb append 00:00:00:00:00:00 dst 10.244.1.5 dev vxeth0
echo hello > /dev/udp/192.168.10.6/9 # the answer to the ARP question is learned
sleep 2
look member

ip link set vxeth0 down
look down
ip link set vxeth0 up
sleep 2
look up

for i in $(seq 1 200); do echo "fdb append 00:00:00:00:00:00 dst 10.244.$((i / 250 + 3)).$((i % 250 + 1)) dev vxeth0"; done |
  bridge -force -batch -
look many
ip link delete vxeth0
ip link delete vxeth1

# Not every kernel has every kind of link: what it refuses is told on stderr and missing in the files.
ip -force -batch - <<'LINES' || true
link add name br0 type bridge
link set dev br0 up
link add name veth1 type veth peer name veth2
link set dev veth1 master br0
link set dev veth1 up
link set dev veth2 up
link add name vlan9 link eth0 type vlan id 9
link add name mac0 link eth0 type macvlan
tuntap add name tap0 mode tap
tuntap add name tun0 mode tun
link set dev tun0 up
address add 172.31.0.1 peer 172.31.0.2/32 dev tun0
link add name vx-nodev type vxlan id 7 dstport 8472
link add name vx-local type vxlan id 8 dstport 8472 local 10.244.1.5
link add name vx-group type vxlan id 9 dev eth0 dstport 8472 group 239.1.1.1
link add name vx-remote type vxlan id 10 dev eth0 dstport 8472 remote 10.244.1.7
link add name vx-remote6 type vxlan id 11 dev eth0 dstport 8472 remote fd00:10:244:1::7
link add name vx-external type vxlan dev eth0 dstport 8473 external
LINES
ip link set dev vx-remote alias "somebody's own, \"quoted\""
bridge -force -batch - <<'LINES' || true
fdb append 02:aa:00:00:00:01 dst 10.244.1.8 dev vx-remote
fdb append 02:aa:00:00:00:02 dst 10.244.1.8 port 4789 dev vx-remote
fdb append 02:aa:00:00:00:03 dst 10.244.1.8 vni 77 dev vx-remote
fdb append 02:aa:00:00:00:04 dst 10.244.1.8 via eth0 dev vx-remote
fdb append 02:aa:00:00:00:05 dst 10.244.1.8 src_vni 5 dev vx-external
fdb append 02:aa:00:00:00:06 dev eth0
LINES
ip -force -batch - <<'LINES' || true
route add 192.0.2.0/24 via 10.244.1.9 table 100
route add 192.0.2.0/24 via 10.244.1.9 proto 86 table 100
route add 192.0.2.0/24 via 10.244.1.9 metric 50
route add blackhole 198.51.100.0/24
route add unreachable 2001:db8:dead::/48
route add 203.0.113.0/24 nexthop via 10.244.1.9 weight 1 nexthop via 10.244.1.10 weight 2
route add 2001:db8:1::/48 nexthop via fd00:10:244:1::9 nexthop via fd00:10:244:1::a
route add 198.18.0.0/15 via inet6 fd00:10:244:1::9 dev eth0
route add 192.0.2.200 via 10.244.1.9 proto 86
route add 2001:db8:2::1 via fd00:10:244:1::9 proto 86
route add default dev tun0 table 200
route add default via 10.244.1.9 proto bgp table 201
LINES
ip -6 route add default dev tun0 table 200
sleep 2
look foreign
