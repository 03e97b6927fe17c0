// How does Helm get our program as its post-renderer? The plugin of contrib/helm in a folder of plugins, the program in PATH.
import { helm3 } from "./helm.ts";
import { startArguments } from "../sandbox/tools/product.ts";

const root = new URL("../../", import.meta.url).pathname;

/** A chart in the form of those that are in use; see its first lines. */
export const labChart = `${root}tests/testdata/charts/lab`;

/** What people write behind `helm install NAME CHART`: Helm 4 takes the plugin, Helm 3 the script in it. */
export const postRenderer = [
  ...["--post-renderer", helm3 === undefined ? "vxlan" : `${root}contrib/helm/to-vxlan.sh`],
  ...["--post-renderer-args", "--map"],
  ...["--post-renderer-args", "n2network-*=n2,n4network-*=n4"],
];

/** The environment of a Helm that has the plugin; the folder goes away with it. `program`: false for one without ours. */
export async function helmWithPlugin(
  { program = true }: { readonly program?: boolean } = {},
): Promise<AsyncDisposable & { readonly env: Readonly<Record<string, string>> }> {
  const folder = await Deno.makeTempDir({ prefix: "helm-" });
  await Deno.mkdir(`${folder}/plugins`);
  // Helm 3 does not know that kind of plugin, and complains of it.
  if (helm3 === undefined) await Deno.symlink(`${root}contrib/helm`, `${folder}/plugins/vxlan`);
  await Deno.mkdir(`${folder}/bin`);
  if (program) {
    const command = [Deno.execPath(), ...await startArguments()].map((word) => `'${word}'`).join(" ");
    await Deno.writeTextFile(
      `${folder}/bin/kube-vxlan-controller`,
      `#!/bin/sh\ncd '${root}' && exec ${command} "$@"\n`,
      { mode: 0o755 },
    );
  }
  return {
    env: { HELM_PLUGINS: `${folder}/plugins`, PATH: `${folder}/bin:${Deno.env.get("PATH")}` },
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}
