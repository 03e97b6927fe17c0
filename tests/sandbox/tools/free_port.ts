// A TCP port of loopback that is free now, for a program that must be told its port before it starts, or starts twice.

/**
 * One that no other test is given meanwhile: below those that systems give away by themselves (32768 on Linux, 49152
 * elsewhere), and by chance, for tests run side by side.
 */
export function freePort(): number {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}
