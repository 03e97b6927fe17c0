// Does an image with two platforms hold on each what that platform can run? Pushed as a manifest list, and read back.
import { command } from "../../cluster/run_command.ts";
import { machinesIn } from "./elf.ts";
import type { LoopbackRegistry } from "./registry.ts";

/** An image on both platforms, as it goes into the registry. */
export interface TwoPlatforms {
  readonly name: string;
  readonly version: string;
  /** Archive (docker save) of amd64. */
  readonly amd64: string;
  /** Root of arm64, as a tar. It gets the configuration of amd64. */
  readonly arm64: string;
  /** Label of the arm64 image that says what it is. */
  readonly remark: string;
}

/** Pushes both images and a list of them. Gives the digest of the list. */
export async function pushTwoPlatforms(registry: LoopbackRegistry, image: TwoPlatforms): Promise<string> {
  const tag = `${registry.address}/${image.name}:${image.version}`;
  await registry.crane("push the image of amd64", ["push", image.amd64, `${tag}-amd64`]);
  const { config } = JSON.parse(await registry.crane("read its configuration", ["config", `${tag}-amd64`]));
  await registry.crane("push the root of arm64", [
    ...["append", "--new_layer", image.arm64, "--new_tag", `${tag}-arm64`],
  ]);
  await registry.crane("make it an image of arm64", [
    ...["mutate", `${tag}-arm64`, "--set-platform", "linux/arm64", "--tag", `${tag}-arm64`],
    ...["--label", `org.opencontainers.image.description=${image.remark}`],
    ...(config.User ? ["--user", config.User] : []),
    ...(config.Entrypoint ?? []).flatMap((word: string) => ["--entrypoint", word]),
  ]);
  return await pushList(registry, { ...image, parts: [`${tag}-amd64`, `${tag}-arm64`] });
}

/** Pushes a manifest list of images that are in the registry. Gives its digest. */
export async function pushList(
  registry: LoopbackRegistry,
  { name, version, parts }: {
    readonly name: string;
    readonly version: string;
    readonly parts: readonly string[];
  },
): Promise<string> {
  const tag = `${registry.address}/${name}:${version}`;
  await registry.crane("push the manifest list", [
    ...["index", "append", ...parts.flatMap((part) => ["--manifest", part]), "--tag", tag],
  ]);
  return (await registry.crane("read the digest of the list", ["digest", tag])).trim();
}

/** Reads a list back and gives what is wrong with it: platforms that lack, programs of another machine, none at all. */
export async function faultsOf(
  registry: LoopbackRegistry,
  { name, digest }: { readonly name: string; readonly digest: string },
): Promise<readonly string[]> {
  const reference = `${registry.address}/${name}@${digest}`;
  const { manifests } = JSON.parse(await registry.crane("read the list", ["manifest", reference]));
  const platforms: readonly string[] = manifests.map(({ platform }: Listed) =>
    `${platform.os}/${platform.architecture}`
  );
  const faults = ["linux/amd64", "linux/arm64"].filter((one) => !platforms.includes(one)).map((one) =>
    `${name}: the list has no ${one}`
  );
  for (const { platform, digest } of manifests as readonly Listed[]) {
    const machines = await machinesOf(registry, `${registry.address}/${name}@${digest}`);
    if (machines.size === 0) faults.push(`${name}: nothing in it for ${platform.architecture} is a program`);
    for (const [path, machine] of machines) {
      if (machine !== platform.architecture) {
        faults.push(`${name} for ${platform.architecture}: /${path} is a program for ${machine}`);
      }
    }
  }
  return faults;
}

interface Listed {
  readonly digest: string;
  readonly platform: { readonly os: string; readonly architecture: string };
}

async function machinesOf(
  registry: LoopbackRegistry,
  reference: string,
): Promise<ReadonlyMap<string, string>> {
  const folder = await Deno.makeTempDir();
  try {
    await exportRoot(registry, { reference, folder });
    return await machinesIn(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Unpacks all files of an image into a folder. */
export async function exportRoot(
  registry: LoopbackRegistry,
  { reference, folder }: { readonly reference: string; readonly folder: string },
): Promise<void> {
  const archive = await Deno.makeTempFile();
  try {
    await registry.crane("read the files of an image", ["export", reference, archive]);
    await command("unpack an image", ["tar", "--no-same-owner", "-xf", archive, "-C", folder]);
  } finally {
    await Deno.remove(archive);
  }
}
