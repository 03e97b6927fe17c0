// What time is it, as Kubernetes writes it?

/** RFC 3339 with whole seconds, as Kubernetes writes it; `later` in seconds from now. */
export function timestamp(later = 0): string {
  return new Date(Date.now() + later * 1000).toISOString().replace(/\.\d+Z$/, "Z");
}
