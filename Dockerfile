# Two images: `controller` (the program) and `agent` (the container in a member's pod through which it works).
#
#   docker build --target controller -t kube-vxlan-controller:0.1.0 .
#   docker build --target agent -t kube-vxlan-controller-agent:0.1.0 .

# Everything that comes from a registry. The compiled program needs glibc and libgcc_s, and no shell.
ARG DENO_IMAGE=docker.io/denoland/deno:2.9.6
ARG GO_IMAGE=docker.io/library/golang:1.26
ARG DEBIAN_IMAGE=docker.io/library/debian:12-slim
ARG RUNTIME_IMAGE=gcr.io/distroless/cc-debian12:nonroot

FROM ${DENO_IMAGE} AS build
# `deno task` fetches packages before the task's own setting counts.
ENV DENO_TLS_CA_STORE=mozilla,system
WORKDIR /src
COPY . .
# The permissions are part of the program from here on; scripts/compile.ts says which, and why.
RUN deno task compile

FROM ${RUNTIME_IMAGE} AS controller
ARG VERSION=unreleased
ARG REVISION=unknown
LABEL org.opencontainers.image.title="kube-vxlan-controller" \
  org.opencontainers.image.source="https://github.com/openvnf/kube-vxlan-controller" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}" \
  org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /src/dist/kube-vxlan-controller /usr/bin/kube-vxlan-controller
# The heap follows the container's memory limit.
ENV DENO_USE_CGROUPS=1
USER 65532:65532
ENTRYPOINT ["/usr/bin/kube-vxlan-controller"]
CMD ["run"]

FROM ${GO_IMAGE} AS agent-program
WORKDIR /src
COPY agent .
ENV CGO_ENABLED=0 GOTOOLCHAIN=local
RUN go build -trimpath -buildvcs=false -ldflags "-s -w" -o /vxlan-agent .

FROM ${DEBIAN_IMAGE} AS agent-packages
# No versions: those of a Debian release change only for security, and a version that has been replaced is gone.
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install -y --no-install-recommends iproute2 procps \
  && rm -rf /var/lib/apt/lists/*
COPY scripts/agent_root.sh /
RUN /agent_root.sh /agent-root \
  /usr/bin/ip /usr/sbin/bridge /usr/bin/kill /usr/bin/touch /usr/bin/grep /usr/bin/test

FROM scratch AS agent
ARG VERSION=unreleased
ARG REVISION=unknown
LABEL org.opencontainers.image.title="kube-vxlan-controller-agent" \
  org.opencontainers.image.source="https://github.com/openvnf/kube-vxlan-controller" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}" \
  org.opencontainers.image.licenses="Apache-2.0 AND BSD-3-Clause AND GPL-2.0-or-later"
COPY --from=agent-packages /agent-root /
COPY --from=agent-program /vxlan-agent /usr/bin/vxlan-agent
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
# As PID 1 it waits, reaps orphans, and exits with 0 on TERM: that is how a pod is released from its init agent. For
# --ready-http-port see agent/README.md.
ENTRYPOINT ["/usr/bin/vxlan-agent", "pid1"]
