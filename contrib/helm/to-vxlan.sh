#!/bin/sh
# What Helm has rendered comes in, what is applied goes out: networks of Multus become ours, and pods get the agent.
# Arguments are those of `convert`. What cannot be converted is said on stderr; when something fails nothing goes out.
set -eu
converted=$(kube-vxlan-controller convert "$@")
printf '%s\n' "$converted" | kube-vxlan-controller inject
