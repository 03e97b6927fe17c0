// Was the machine's neighbour table full? All network namespaces share it, those of other tests too, and then frames are lost
// whatever a controller does.

const files = ["/proc/net/stat/arp_cache", "/proc/net/stat/ndisc_cache"];

/** How often it was, since the machine began. */
export async function tableFulls(): Promise<number> {
  const texts = await Promise.all(files.map((file) => Deno.readTextFile(file)));
  return texts.reduce((sum, text) => sum + fullsIn(text), 0);
}

/** One line of names, and one of hexadecimal numbers for each processor. */
function fullsIn(text: string): number {
  const [names = [], ...processors] = text.trim().split("\n").map((line) => line.trim().split(/\s+/));
  const at = names.indexOf("table_fulls");
  return processors.reduce((sum, numbers) => sum + Number.parseInt(numbers[at] ?? "0", 16), 0);
}
