// Where is what is built or fetched once, outside the project?

/** The directory for it; all of it may be removed at any time. */
export function cacheDirectory(): string {
  const base = Deno.env.get("XDG_CACHE_HOME") || `${Deno.env.get("HOME") ?? "/root"}/.cache`;
  return `${base}/kube-vxlan-controller`;
}
