# Only where Deno's runtime cannot be downloaded: the built image, but with the Deno binary and the bundled program.
ARG CONTROLLER_IMAGE
ARG DEBIAN_IMAGE
FROM ${DEBIAN_IMAGE} AS debian
FROM ${CONTROLLER_IMAGE}
COPY --from=debian /bin/dash /usr/lib/stand-in/sh
COPY deno kube-vxlan-controller.js /usr/lib/stand-in/
COPY kube-vxlan-controller /usr/bin/kube-vxlan-controller
