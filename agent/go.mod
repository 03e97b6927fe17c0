module vxlan-agent

go 1.24
