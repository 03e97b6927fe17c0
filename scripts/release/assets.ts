// What does a release consist of? The one table that the workflow, the krew manifest and the dry run read. Pure.

/** One platform that people's workstations have, and the machine that starts the binary once before it is published. */
export interface Workstation {
  /** As krew and Go call them. */
  readonly os: "linux" | "darwin" | "windows";
  readonly arch: "amd64" | "arm64";
  /** What `deno compile --target` takes. */
  readonly triple: string;
  readonly runner: string;
}

/** Where the binary for people runs. */
export const workstations: readonly Workstation[] = [
  { os: "linux", arch: "amd64", triple: "x86_64-unknown-linux-gnu", runner: "ubuntu-24.04" },
  { os: "linux", arch: "arm64", triple: "aarch64-unknown-linux-gnu", runner: "ubuntu-24.04-arm" },
  { os: "darwin", arch: "arm64", triple: "aarch64-apple-darwin", runner: "macos-15" },
  { os: "windows", arch: "amd64", triple: "x86_64-pc-windows-msvc", runner: "windows-2025" },
];

/** Where the images run; each is built on a machine of its own kind. */
export const imagePlatforms = [
  { platform: "linux/amd64", arch: "amd64", runner: "ubuntu-24.04" },
  { platform: "linux/arm64", arch: "arm64", runner: "ubuntu-24.04-arm" },
] as const;

/** Names of the images, below the registry. Each is also a target of the Dockerfile. */
export const images = [
  { name: "kube-vxlan-controller", target: "controller" },
  { name: "kube-vxlan-controller-agent", target: "agent" },
] as const;

/** Name of the chart, below the registry's `charts`. */
export const chart = "kube-vxlan-controller";

/** The program's file in an archive: kubectl finds it by this name. */
export function binaryName({ os }: Workstation): string {
  return os === "windows" ? "kubectl-vxlan.exe" : "kubectl-vxlan";
}

/** The archive of a workstation's binary. krew takes archives only. */
export function archiveName(version: string, { os, arch }: Workstation): string {
  return `kubectl-vxlan_${version}_${os}_${arch}${os === "windows" ? ".zip" : ".tar.gz"}`;
}

/** The npm package. npm itself would call it what the chart is called. */
export function npmArchiveName(version: string): string {
  return `kube-vxlan-controller-npm-${version}.tgz`;
}

/** The SBOM of an image for one architecture. */
export function imageSbomName(image: string, arch: string): string {
  return `${image}_linux_${arch}.cdx.json`;
}

/** One file of a release, and what it is for. */
export interface Asset {
  readonly name: string;
  readonly what: string;
}

/** All files that are attached to a release, in the order of the checksums. */
export function assets(version: string): readonly Asset[] {
  return [
    ...workstations.map((one) => ({
      name: archiveName(version, one),
      what: `kubectl vxlan for ${one.os}, ${one.arch}`,
    })),
    { name: npmArchiveName(version), what: "the npm package, also published to npm" },
    { name: "install.yaml", what: "first install, images by digest" },
    { name: "upgrade.yaml", what: "upgrade that leaves the networks alone, images by digest" },
    { name: `${chart}-${version}.tgz`, what: "the chart, images by digest" },
    { name: "vxlan.yaml", what: "manifest for krew" },
    { name: "program.cdx.json", what: "SBOM of the program, from deno.lock" },
    ...images.flatMap(({ name }) =>
      imagePlatforms.map(({ platform, arch }) => ({
        name: imageSbomName(name, arch),
        what: `SBOM of the image ${name} for ${platform}`,
      }))
    ),
    { name: "base-images.txt", what: "the digests of the base images that were built on" },
  ];
}

/** The file with a SHA-256 of every asset. */
export const checksums = "checksums.txt";
