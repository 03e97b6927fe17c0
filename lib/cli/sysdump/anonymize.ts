// How are names and addresses taken out of an archive? Each is replaced by one word, the same in all files. Pure.
import { parseAddress } from "../../network/grammar/address.ts";
import { isRecord } from "../../text/json.ts";
import type { DumpFile } from "./dump.ts";

/** Kinds of names, and so the words that stand for them. */
export type NameKind = "namespace" | "pod" | "node" | "network" | "name";

/** Names that say nothing of whose cluster it is. */
const harmlessNames = new Set([
  ...["default", "kube-system", "kube-public", "kube-node-lease", "eth0", "lo"],
  ...["kube-vxlan-controller", "vxlan-controller-agent", "vxlan-controller-agent-init"],
]);

/** Which names there are; each is found wherever it stands alone, or as a part that `-`, `.` or `_` divides. */
export class KnownNames {
  readonly #words = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  /** The first kind in which a name is seen counts. */
  add(kind: NameKind, name: string): void {
    if (name === "" || harmlessNames.has(name) || this.#words.has(name)) return;
    this.#words.set(name, this.#next(kind));
  }

  /** The word for an address; made when it is seen first. */
  address(kind: "ipv4" | "ipv6" | "mac", text: string): string {
    const known = this.#words.get(text) ?? this.#next(kind);
    this.#words.set(text, known);
    return known;
  }

  /** The longest run of parts that is a name is replaced, then what is left is looked at. */
  replace(token: string): string {
    const parts = token.split(/([-._])/);
    for (let length = parts.length; length > 0; length -= 2) {
      for (let from = 0; from + length <= parts.length; from += 2) {
        const word = this.#words.get(parts.slice(from, from + length).join(""));
        if (word === undefined || harmlessNames.has(token)) continue;
        const [before, after] = [parts.slice(0, from).join(""), parts.slice(from + length).join("")];
        return this.#rest(before) + word + this.#rest(after);
      }
    }
    return token;
  }

  #rest(text: string): string {
    return text.length > 1 ? this.replace(text) : text;
  }

  #next(kind: string): string {
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    return `${kind}-${count}`;
  }
}

/** The files with every known name and every address replaced, in paths too. */
export function anonymize(files: readonly DumpFile[], names: KnownNames): readonly DumpFile[] {
  for (const { text } of files) learnFrom(text, names);
  return files.map(({ path, text }) => ({
    path: path.split("/").map((part) => stemmed(part, names)).join("/"),
    text: path.endsWith(".json") ? jsonText(text, names) : anonymousText(text, names),
  }));
}

/** Logs and Events speak of pods that are not there any more. */
function learnFrom(text: string, names: KnownNames): void {
  for (
    const [, namespace = "", pod = ""] of text.matchAll(/\b(?:member=|[Pp]ods? )([a-z0-9-]+)\/([a-z0-9.-]+)/g)
  ) {
    names.add("pod", pod);
    names.add("namespace", namespace);
  }
}

/** The end of a file's name says what it is. */
function stemmed(part: string, names: KnownNames): string {
  const [, stem = part, end = ""] = /^(.+?)((?:\.previous)?\.(?:json|txt|log))$/.exec(part) ?? [];
  return names.replace(stem) + end;
}

function jsonText(text: string, names: KnownNames): string {
  try {
    return `${JSON.stringify(anonymousValue(JSON.parse(text), names), null, 2)}\n`;
  } catch {
    return anonymousText(text, names);
  }
}

/** Whose keys are names that somebody has chosen. */
const namedBy = new Set(["data", "labels", "annotations"]);

function anonymousValue(value: unknown, names: KnownNames, within = ""): unknown {
  if (typeof value === "string") return anonymousText(value, names);
  if (Array.isArray(value)) return value.map((one) => anonymousValue(one, names));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [
      namedBy.has(within) ? anonymousText(key, names) : key,
      anonymousValue(field, names, key),
    ]),
  );
}

const mac = /(?<![\w:])[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){5}(?![\w:])/g;
const ipv4 = /(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\w|\.\d)/g;
const ipv6 = /(?<![\w:.])[0-9a-fA-F:]*:[0-9a-fA-F:.]*[0-9a-fA-F:](?!\w)/g;
const word = /[A-Za-z0-9][A-Za-z0-9._-]*[A-Za-z0-9]|[A-Za-z0-9]/g;

/** Text with its addresses and names replaced. Addresses that are no host's (flood, loopback, multicast) stay. */
export function anonymousText(text: string, names: KnownNames): string {
  return text
    .replace(mac, (found) => isNobodys(found) ? found : names.address("mac", found.toLowerCase()))
    .replace(ipv6, (found) => addressWord(found, names))
    .replace(ipv4, (found) => addressWord(found, names))
    .replace(word, (token) => names.replace(token));
}

function isNobodys(address: string): boolean {
  return /^(00:){5}00$|^(ff:){5}ff$/i.test(address);
}

function addressWord(text: string, names: KnownNames): string {
  const read = parseAddress(text);
  return read.kind === "value" ? names.address(`ipv${read.value.family}`, read.value.address) : text;
}
