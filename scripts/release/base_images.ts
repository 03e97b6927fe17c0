// Which images of others does the Dockerfile build on? Its ARGs before the first FROM say so. Pure.

/** One base image. */
export interface BaseImage {
  /** The ARG, which `--build-arg` sets. */
  readonly arg: string;
  /** With registry and tag. */
  readonly image: string;
}

/** The base images of a Dockerfile. Throws when a FROM names an image of a registry itself: it could not be pinned. */
export function baseImages(dockerfile: string): readonly BaseImage[] {
  const [top = ""] = dockerfile.split(/^FROM /m);
  const bases = [...top.matchAll(/^ARG (\w+)=(\S+)$/gm)].map(([, arg = "", image = ""]) => ({ arg, image }));
  const stages = [...dockerfile.matchAll(/^FROM \S+ AS (\S+)$/gim)].map(([, stage]) => stage);
  for (const [, from = ""] of dockerfile.matchAll(/^FROM (\S+)/gm)) {
    const arg = /^\$\{(\w+)\}$/.exec(from)?.[1];
    const isKnown = from === "scratch" || stages.includes(from) || bases.some((base) => base.arg === arg);
    if (!isKnown) {
      throw new Error(`Cannot pin the base images: "FROM ${from}" is no ARG before the first FROM`);
    }
  }
  return bases;
}
