// Does an address answer? Stands in for `ping` on machines without one: run in a pod, with ping's arguments.
//
// Nobody may open ICMP sockets from here, but a TCP connection to a closed port tells as much: its refusal comes from the
// other side's kernel, so the way there and back works. Silence or "unreachable" means that it does not.

/** A port where nobody listens ("discard"). */
const port = 9;

const hostname = Deno.args.at(-1) ?? "";
const timeout = Number(argumentOf("-W") ?? 2) * 1000;
const attempts = Number(argumentOf("-c") ?? 1);
let received = 0;
for (let attempt = 0; attempt < attempts; attempt++) {
  if (await answers()) received++;
}
// deno-lint-ignore no-console
console.log(`${attempts} packets transmitted, ${received} received (by TCP: this machine has no ping)`);
Deno.exit(received > 0 ? 0 : 1);

function argumentOf(flag: string): string | undefined {
  const at = Deno.args.indexOf(flag);
  return at < 0 ? undefined : Deno.args[at + 1];
}

async function answers(): Promise<boolean> {
  const silence = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => silence.resolve(false), timeout);
  const verdict = await Promise.race([silence.promise, connects()]);
  clearTimeout(timer);
  return verdict;
}

async function connects(): Promise<boolean> {
  try {
    (await Deno.connect({ hostname, port })).close();
    return true;
  } catch (error) {
    return error instanceof Deno.errors.ConnectionRefused;
  }
}
