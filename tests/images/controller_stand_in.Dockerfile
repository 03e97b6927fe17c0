# Only where Deno's runtime cannot be downloaded: the built image, but with the Deno binary and the bundled program.
ARG CONTROLLER_IMAGE
ARG DEBIAN_IMAGE
# A stage that changed nothing would be the base image itself, and go with the build.
FROM ${DEBIAN_IMAGE} AS shell
RUN cp /bin/dash /sh
FROM ${CONTROLLER_IMAGE}
COPY --from=shell /sh /usr/lib/stand-in/sh
COPY deno kube-vxlan-controller.js /usr/lib/stand-in/
COPY kube-vxlan-controller /usr/bin/kube-vxlan-controller
