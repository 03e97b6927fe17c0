# Two images: `controller` (the program) and `agent` (the container in a member's pod through which it works).
#
#   docker build --target controller -t kube-vxlan-controller:0.1.0 .
#   docker build --target agent -t kube-vxlan-controller-agent:0.1.0 .

FROM denoland/deno:2.9.6 AS build
WORKDIR /src
COPY . .
# The permissions are part of the program from here on and cannot be widened when it runs:
# - net: the API server's address differs per cluster, so it cannot be named here;
# - read: the service account, a directory, because its files are links that change when the token rotates;
# - env: our own settings and what Kubernetes says; everything else is as if it were not set (--ignore-env), because
#   libraries look for variables of their own;
# - nothing to write, run, load or ask the system.
RUN deno compile \
  --frozen \
  --no-prompt \
  --allow-net \
  --allow-read=/var/run/secrets/kubernetes.io/serviceaccount \
  --allow-env=KVC_*,KUBERNETES_SERVICE_HOST,KUBERNETES_SERVICE_PORT,KUBERNETES_SERVICE_PORT_HTTPS,HOSTNAME \
  --ignore-env \
  --output /kube-vxlan-controller \
  main.ts

FROM gcr.io/distroless/cc-debian12:nonroot AS controller
COPY --from=build /kube-vxlan-controller /usr/bin/kube-vxlan-controller
# The heap follows the container's memory limit.
ENV DENO_USE_CGROUPS=1
USER 65532:65532
ENTRYPOINT ["/usr/bin/kube-vxlan-controller"]
CMD ["run"]

FROM debian:12-slim AS agent
# catatonit as PID 1 waits, reaps orphans, and exits with 0 on TERM: that is how a pod is released from its init agent.
RUN apt-get update \
  && apt-get install -y --no-install-recommends catatonit iproute2 procps \
  && rm -rf /var/lib/apt/lists/*
ENTRYPOINT ["/usr/bin/catatonit", "-P"]
