// Where is the kubectl that the cluster tests have built, if they have?
import { cacheDirectory } from "../cluster/cache_directory.ts";

/** The newest one's path; undefined where none was built. KVC_KUBECTL names another. */
export function builtKubectl(): string | undefined {
  const named = Deno.env.get("KVC_KUBECTL");
  if (named) return named;
  try {
    const builds = [...Deno.readDirSync(cacheDirectory())].map(({ name }) => name).sort();
    const paths = builds.filter((name) => name.startsWith("kubernetes-")).map((name) =>
      `${cacheDirectory()}/${name}/kubectl`
    );
    return paths.findLast((path) => Deno.statSync(path).isFile);
  } catch {
    return undefined;
  }
}
