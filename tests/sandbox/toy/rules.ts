// The rules of a toy namespace, by family: kept and listed, and not looked up.
import type { ToyWords } from "./words.ts";
import { ToyExit, ToyRefusal } from "./session.ts";

/** One rule, in the fields of the listing. */
interface ToyRule {
  readonly priority: number;
  readonly fields: Readonly<Record<string, string | number>>;
}

/** Rules that every namespace has. */
const given: readonly ToyRule[] = [
  { priority: 0, fields: { src: "all", table: "local", protocol: "kernel" } },
  { priority: 32766, fields: { src: "all", table: "main", protocol: "kernel" } },
  { priority: 32767, fields: { src: "all", table: "default", protocol: "kernel" } },
];

/** All rules of one namespace. */
export class ToyRules {
  readonly #rules = new Map<4 | 6, readonly ToyRule[]>();

  /** `isKnown`: whether the kernel has rules at all. */
  constructor(readonly isKnown = true) {}

  /** `ip rule VERB …`. */
  line(words: ToyWords, family: 4 | 6): unknown {
    const verb = words.isEmpty ? "show" : words.next();
    if (!this.isKnown) throw new ToyRefusal("RTNETLINK answers: Operation not supported");
    const rules = this.#rules.get(family) ?? given;
    switch (verb) {
      case "show":
        return rules.map(({ priority, fields }) => ({ priority, ...fields }));
      case "add": {
        const rule = ruleOf(words);
        if (rules.some((other) => isSame(rule, other))) {
          throw new ToyRefusal("RTNETLINK answers: File exists");
        }
        this.#rules.set(family, [...rules, rule].sort((a, b) => a.priority - b.priority));
        return undefined;
      }
      case "del":
      case "delete": {
        const rule = ruleOf(words);
        const found = rules.find((other) => matches(rule, other));
        if (found === undefined) throw new ToyRefusal("RTNETLINK answers: No such file or directory");
        this.#rules.set(family, rules.filter((other) => other !== found));
        return undefined;
      }
      default:
        throw new ToyExit(`Command "${verb}" is unknown, try "ip rule help".`, 255);
    }
  }
}

function ruleOf(words: ToyWords): ToyRule {
  let priority = 32765;
  const fields: Record<string, string | number> = {};
  while (!words.isEmpty) {
    const word = words.next();
    const value = words.next();
    switch (word) {
      case "pref":
        priority = Number(value);
        break;
      case "from":
        fields["src"] = value;
        break;
      case "to": {
        const [address = "", length = ""] = value.split("/");
        fields["dst"] = address;
        if (length !== (address.includes(":") ? "128" : "32")) fields["dstlen"] = Number(length);
        break;
      }
      case "ipproto":
        fields[word] = value === "17" ? "udp" : value;
        break;
      case "protocol":
      case "fwmark":
        fields[word] = value;
        break;
      case "dport":
        fields[word] = Number(value);
        break;
      case "lookup":
      case "table":
        fields["table"] = value;
        break;
      case "suppress_prefixlength":
        fields["suppress_prefixlen"] = Number(value);
        break;
      default:
        throw new ToyExit(`Error: argument "${word}" is wrong: Failed to parse rule type`, 255);
    }
  }
  return { priority, fields: { src: "all", ...fields } };
}

function isSame(rule: ToyRule, other: ToyRule): boolean {
  return matches(rule, other) && matches(other, rule);
}

/** What is not named matches anything. */
function matches(rule: ToyRule, other: ToyRule): boolean {
  return rule.priority === other.priority &&
    Object.entries(rule.fields).every(([name, value]) => (other.fields[name] ?? "all") === value);
}
