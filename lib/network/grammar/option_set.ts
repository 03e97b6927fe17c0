// What do the options of one network in one source say together, and which of them cannot be read.
import { cut, quoted } from "../../text/quoted.ts";
import type { Problem, Source } from "../problem.ts";
import type { Cidr, Route } from "./address.ts";
import {
  isRepeatable,
  type Level,
  misplaced,
  type OptionName,
  optionNamed,
  optionsFor,
  similarOption,
} from "./option_names.ts";
import { type OptionSet, readValue } from "./option_values.ts";
import { fault, type Parsed, valueOf } from "./parsed.ts";

/** A word of the text, and where it stands. */
export interface Token {
  readonly text: string;
  /** 1-based; absent for a text of a single line, where naming it helps nobody. */
  readonly line?: number;
}

/** Whose options are read. */
export interface OptionsContext {
  readonly network: string;
  readonly level: Level;
  readonly source: Source;
}

/** Reads `option=value` words. Those that cannot be read are left out of `options` and said in `problems`. */
export function readOptions(
  tokens: readonly Token[],
  context: OptionsContext,
): { readonly options: OptionSet; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const seen = new Set<OptionName>();
  const ip: Cidr[] = [];
  const route: Route[] = [];
  let scalars: OptionSet = {};
  for (const token of tokens) {
    const read = readOption(token, { seen, level: context.level });
    if (read.kind === "fault") {
      problems.push(optionProblem(token, { ...context, reason: read.reason }));
      continue;
    }
    const { ip: addresses = [], route: routes = [], ...others } = read.value;
    ip.push(...addresses);
    route.push(...routes);
    scalars = { ...scalars, ...others };
  }
  const lists = { ...(ip.length > 0 && { ip }), ...(route.length > 0 && { route }) };
  return { options: { ...scalars, ...lists }, problems };
}

/** The problem that a word of a network's options cannot be read. */
export function optionProblem(token: Token, about: OptionsContext & { readonly reason: string }): Problem {
  return {
    kind: "invalid-option",
    source: about.source,
    network: about.network,
    ...(token.line !== undefined && { line: token.line }),
    token: cut(token.text),
    message: `Cannot read ${quoted(token.text)} of network ${quoted(about.network)}: ${about.reason}`,
  };
}

function readOption(
  token: Token,
  context: { readonly seen: Set<OptionName>; readonly level: Level },
): Parsed<OptionSet> {
  // At cluster level a bare number is the network identifier, as the seed's first ConfigMaps had it.
  const text = context.level === "cluster" && /^[0-9]+$/.test(token.text) ? `id=${token.text}` : token.text;
  const assigned = text.indexOf("=");
  const key = assigned < 0 ? text : text.slice(0, assigned);
  const option = readName(key, context.level);
  if (option.kind === "fault") return option;
  const name = option.value;
  if (context.seen.has(name) && !isRepeatable(name)) return fault(`option ${name} is given twice: keep one`);
  context.seen.add(name);
  if (assigned < 0) return name === "up" ? valueOf({ up: true }) : fault(`expected a value: ${name}=…`);
  const value = text.slice(assigned + 1);
  if (value === "") {
    return fault(`the value is empty: expected ${name}=… without blanks, or no ${name} at all`);
  }
  return withHint(readValue(name, value), { value, level: context.level });
}

function readName(key: string, level: Level): Parsed<OptionName> {
  const name = optionNamed(key);
  if (name === undefined) return fault(unknownOption(key, level));
  const why = misplaced(name, level);
  return why === undefined ? valueOf(name) : fault(why);
}

function unknownOption(key: string, level: Level): string {
  const similar = similarOption(key);
  const meant = similar === undefined ? "" : ` (did you mean ${similar}?)`;
  return `${quoted(key)} is no option${meant}: expected one of ${optionsFor(level).join(", ")}`;
}

/** In the annotation a comma ends an entry; in the ConfigMap it ends up in the value, where people did not want it. */
function withHint(
  read: Parsed<OptionSet>,
  about: { readonly value: string; readonly level: Level },
): Parsed<OptionSet> {
  if (read.kind === "value" || about.level !== "cluster" || !about.value.includes(",")) return read;
  return fault(`${read.reason}; options are separated by blanks, not by commas`);
}
