// Which labels does a selector ask for? The text of `kubectl get -l`, read once, asked often.
import { fault, type Parsed, valueOf } from "../network/grammar/parsed.ts";
import { quoted } from "../text/quoted.ts";

/** Whether these labels are asked for. */
export type LabelMatch = (labels: Readonly<Record<string, string>>) => boolean;

/** Characters; an annotation may have 256 KiB, and every pod is asked. */
const longestSelector = 4_096;

const key = "(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?";
const value = "(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?";
const exists = new RegExp(`^(!?)\\s*(${key})$`);
const equals = new RegExp(`^(${key})\\s*(==|=|!=)\\s*(${value})$`);
const isOneOf = new RegExp(`^(${key})\\s+(in|notin)\\s*\\(([^()]*)\\)$`);
const isBlank = /^\s*$/;
const wholeValue = new RegExp(`^${value}$`);

/**
 * Reads `app=db,tier!=test,zone in (a, b),!old`. The empty text asks for all. As in Kubernetes, `!=` and `notin` take
 * those without the label too.
 */
export function parseLabelSelector(text: string): Parsed<LabelMatch> {
  if (text.length > longestSelector) return fault(`it has more than ${longestSelector} characters`);
  const matches: LabelMatch[] = [];
  for (const part of text.trim() === "" ? [] : text.split(/,(?![^()]*\))/)) {
    const match = requirement(part.trim());
    if (match === undefined) {
      return fault(
        `${quoted(part.trim())} is no requirement such as app=db, app!=db, app in (a,b), app or !app`,
      );
    }
    matches.push(match);
  }
  return valueOf((labels) => matches.every((match) => match(labels)));
}

function requirement(text: string): LabelMatch | undefined {
  const [, not, present] = exists.exec(text) ?? [];
  if (present !== undefined) return (labels) => Object.hasOwn(labels, present) === (not === "");
  const [, name, operator, wanted = ""] = equals.exec(text) ?? [];
  if (name !== undefined) return oneOf(name, { values: [wanted], isWanted: operator !== "!=" });
  const [, listed, word, list = ""] = isOneOf.exec(text) ?? [];
  const values = list.split(",").map((one) => one.trim());
  // As Kubernetes: `()` holds nothing, `(,)` the empty value.
  if (listed === undefined || isBlank.test(list) || !values.every((one) => wholeValue.test(one))) {
    return undefined;
  }
  return oneOf(listed, { values, isWanted: word === "in" });
}

function oneOf(
  name: string,
  { values, isWanted }: { readonly values: readonly string[]; readonly isWanted: boolean },
): LabelMatch {
  return (labels) => (Object.hasOwn(labels, name) && values.includes(labels[name] ?? "")) === isWanted;
}
