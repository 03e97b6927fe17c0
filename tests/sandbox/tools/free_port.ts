// A TCP port of loopback that is free now, for a program that must be told its port before it starts.

/** Taken and given back at once. */
export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}
