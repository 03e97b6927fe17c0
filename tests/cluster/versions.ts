// Which versions make up the test cluster?

/** Kubernetes, built from its Go module. kubernetes/go.mod must name the same. */
export const kubernetesVersion = "1.36.3";

/** etcd, built from its Go module. kubernetes/go.mod must name the same. */
export const etcdVersion = "3.6.8";

/** The Go release that builds them where the Go that is there is older. */
export const goVersion = "1.26.0";

/** What must come from Debian's packages: the package, and a program or file that shows that it is there. */
export const debianPackages: readonly { readonly package: string; readonly shows: string }[] = [
  { package: "buildah", shows: "buildah" },
  { package: "ca-certificates", shows: "/etc/ssl/certs/ca-certificates.crt" },
  { package: "conntrack", shows: "conntrack" },
  { package: "containerd", shows: "containerd" },
  { package: "containernetworking-plugins", shows: "/usr/lib/cni/bridge" },
  { package: "debian-archive-keyring", shows: "/usr/share/keyrings/debian-archive-keyring.gpg" },
  { package: "iproute2", shows: "bridge" },
  { package: "iptables", shows: "iptables" },
  { package: "mmdebstrap", shows: "mmdebstrap" },
  { package: "openssl", shows: "openssl" },
  { package: "runc", shows: "runc" },
  { package: "util-linux", shows: "nsenter" },
  // Of these the version before this one put its images together, by its own tools.
  { package: "busybox-static", shows: "busybox" },
  { package: "catatonit", shows: "catatonit" },
  { package: "dash", shows: "dash" },
  { package: "procps", shows: "kill" },
];
