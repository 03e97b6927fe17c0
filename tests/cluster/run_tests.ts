// `deno task test:cluster` and `test:soak`: one cluster for all test files, then `deno test`, then everything goes away.
import { imageArchives } from "../images/archives.ts";
import { startCluster } from "./cluster.ts";
import { say } from "./progress.ts";

/**
 * The first argument is the folder with tests; files named after it are run instead of all of it. The rest goes to the
 * tests (`--context NAME`) and to `deno test` (`--filter=…`).
 */
async function main([folder = "tests/cluster/", ...rest]: readonly string[]): Promise<number> {
  const named = rest.filter((arg) => arg.endsWith("_test.ts"));
  const args = rest.filter((arg) => !named.includes(arg));
  const tests = named.length > 0 ? named : [folder];
  const existing = args.includes("--context") || Deno.env.has("KVC_TEST_CLUSTER");
  if (existing) return await denoTest(tests, { args, env: {} });
  // Ctrl-C ends this process and the tests; the guard of the cluster then takes it down.
  // Both families where this machine has both: what runs over IPv4 must run beside IPv6 too.
  const dualStack = await Deno.stat("/proc/net/if_inet6").then(() => true, () => false);
  const cluster = await startCluster({ dualStack });
  try {
    return await denoTest(tests, {
      args,
      env: { KVC_TEST_CLUSTER: cluster.description.replace("cluster ", "") },
    });
  } finally {
    await cluster.close();
    say(`the cluster is gone; ${(await imageArchives()).remark}`);
  }
}

async function denoTest(
  tests: readonly string[],
  { args, env }: { readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> },
): Promise<number> {
  const flags = args.filter((arg) => arg.startsWith("--filter"));
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--no-check", ...flags, ...tests, "--", ...args],
    env: { ...env },
  }).spawn();
  return (await child.status).code;
}

Deno.exit(await main(Deno.args));
