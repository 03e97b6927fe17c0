# What stands in for images of registries, from Debian's packages and npm's Deno, and what only tests need.

# Of debian.Dockerfile.
ARG DEBIAN_IMAGE

# For denoland/deno.
FROM ${DEBIAN_IMAGE} AS deno
COPY deno /usr/bin/deno
COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
ENV DENO_DIR=/deno-dir

# Any program lets a compile run to its end, so that all but the start of what comes out can be checked.
FROM deno AS deno-without-denort
ENV DENORT_BIN=/usr/bin/deno

# For golang: a Go of the same version as builds on this machine.
FROM ${DEBIAN_IMAGE} AS go
COPY go /usr/local/go
ENV PATH=/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# For the seed's agent, and any other that has the tools and not our program.
FROM ${DEBIAN_IMAGE} AS seed-agent
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends catatonit iproute2 procps
ENTRYPOINT ["/usr/bin/catatonit", "-P"]

# For distroless/cc: the same packages, no program of them, and the same user.
FROM ${DEBIAN_IMAGE} AS runtime-packages
WORKDIR /packages
RUN apt-get update \
  && apt-get download base-files libc6 libgcc-s1 gcc-12-base libgomp1 libssl3 libstdc++6 netbase tzdata \
  && mkdir /root-files \
  && for package in *.deb; do dpkg-deb --extract "$package" /root-files; done \
  && rm -rf /root-files/usr/bin /root-files/usr/sbin /root-files/bin /root-files/sbin
COPY ca-certificates.crt /root-files/etc/ssl/certs/ca-certificates.crt
RUN printf '%s\n' root:x:0:0:root:/root:/sbin/nologin \
    nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin >/root-files/etc/passwd \
  && printf '%s\n' root:x:0: nonroot:x:65532: >/root-files/etc/group \
  && echo "hosts: files dns" >/root-files/etc/nsswitch.conf \
  && mkdir -p /root-files/home/nonroot && chown 65532:65532 /root-files/home/nonroot
FROM scratch AS runtime
COPY --from=runtime-packages /root-files /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
USER 65532
WORKDIR /home/nonroot

# What only tests need: ping and the like, none of which is in the agent. Also what the sandbox of a pod runs. Without
# busybox's own `ip`, which makes a VXLAN link with id 0.
FROM ${DEBIAN_IMAGE} AS test-packages
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends busybox-static
FROM scratch AS test-tools
COPY --from=test-packages /bin/busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
# hadolint ignore=DL3059
RUN rm /bin/ip && mkdir -m 1777 /tmp
CMD ["/bin/sh", "-c", "trap 'exit 0' TERM; sleep 2147483647 & wait"]
