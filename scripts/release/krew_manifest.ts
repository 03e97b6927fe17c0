// How does krew get the plugin: one archive for each platform, with its hash? Pure.
import { stringify } from "yaml";
import { archiveName, binaryName, workstations } from "./assets.ts";

/** What the manifest cannot know. */
export interface KrewRelease {
  readonly version: string;
  /** Where the assets of the release are, without a slash at the end. */
  readonly downloads: string;
  readonly homepage: string;
  /** SHA-256 of each archive, in hex, by name. */
  readonly hashes: ReadonlyMap<string, string>;
}

/** The manifest of the plugin `vxlan`, as krew-index takes it. Throws when the hash of an archive is missing. */
export function krewManifest({ version, downloads, homepage, hashes }: KrewRelease): string {
  return stringify({
    apiVersion: "krew.googlecontainertools.github.com/v1alpha2",
    kind: "Plugin",
    metadata: { name: "vxlan" },
    spec: {
      version: `v${version}`,
      homepage,
      shortDescription: "Shows which pods are in which VXLAN networks",
      description: "Lists the members of Kube VXLAN Controller's networks, looks into a pod and\n" +
        "says what is wrong there. It changes nothing.\n",
      platforms: workstations.map((one) => {
        const archive = archiveName(version, one);
        const sha256 = hashes.get(archive);
        if (sha256 === undefined) throw new Error(`Cannot write the krew manifest: no hash of ${archive}`);
        return {
          selector: { matchLabels: { os: one.os, arch: one.arch } },
          uri: `${downloads}/${archive}`,
          sha256,
          bin: binaryName(one),
        };
      }),
    },
  });
}
