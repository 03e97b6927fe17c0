// How the text of each kind of setting reads: a value, or what was expected.
import { statusAnnotation } from "../../member/current_status.ts";
import { headerText } from "../../kube/config/impersonation.ts";
import { fault, type Parsed, valueOf } from "../../network/grammar/parsed.ts";
import { type HttpAddress, readHttpAddress } from "../../ops/http_address.ts";
import { maxAnnotationKeyLength } from "../../overlay/wanted.ts";

const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const dnsName = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
const qualifiedName =
  /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

/** Any text. */
export function anyText(text: string): Parsed<string> {
  return valueOf(text);
}

/** One of these words. */
export function oneOf<Word extends string>(words: readonly Word[]): (text: string) => Parsed<Word> {
  return (text) => {
    const found = words.find((word) => word === text);
    return found === undefined ? fault(`expected one of ${words.join(", ")}`) : valueOf(found);
  };
}

/** The address of an API server; credentials have flags of their own. */
export function serverUrl(text: string): Parsed<string> {
  if (!URL.canParse(text)) return fault("expected a URL such as https://10.0.0.1:6443");
  const { protocol, username, password, search, hash } = new URL(text);
  if (protocol !== "https:" && protocol !== "http:") return fault("expected https:// or http://");
  if (username !== "" || password !== "") {
    return fault("credentials in the URL are not supported; use --token-file");
  }
  return search === "" && hash === "" ? valueOf(text) : fault("expected a URL without query and fragment");
}

/** The name of a namespace. */
export function namespaceName(text: string): Parsed<string> {
  return dnsLabel.test(text)
    ? valueOf(text)
    : fault("expected a namespace name: lower-case letters, digits and -, at most 63");
}

/** `a, b,` → `a`, `b`. */
export function namespaceList(text: string): Parsed<readonly string[]> {
  const names = text.split(",").map((part) => part.trim()).filter((part) => part !== "");
  const wrong = names.find((name) => !dnsLabel.test(name));
  return wrong === undefined ? valueOf(names) : fault(`"${wrong}" is no namespace name`);
}

/** The name of a container, a ConfigMap or a Lease. */
export function objectName(text: string): Parsed<string> {
  return dnsName.test(text) ? valueOf(text) : fault("expected lower-case letters, digits, - and .");
}

/** The key of the annotation that names networks. */
export function annotationKey(text: string): Parsed<string> {
  if (text === statusAnnotation(text)) return fault("this annotation is where the controller writes");
  if (text.length > maxAnnotationKeyLength) {
    return fault(`expected at most ${maxAnnotationKeyLength} characters`);
  }
  return qualifiedName.test(text)
    ? valueOf(text)
    : fault("expected an annotation key such as vxlan.travelping.com/networks");
}

/** How many. */
export function count(text: string): Parsed<number> {
  return /^[1-9][0-9]{0,5}$/.test(text)
    ? valueOf(Number(text))
    : fault("expected a whole number from 1 to 999999");
}

/** Where to serve. */
export function httpAddress(text: string): Parsed<HttpAddress> {
  const read = readHttpAddress(text);
  return "expected" in read ? fault(`expected ${read.expected}`) : valueOf(read.address);
}

/** The same, but it cannot be off. */
export function listenAddress(text: string): Parsed<HttpAddress & { readonly kind: "listen" }> {
  const read = readHttpAddress(text);
  if ("address" in read && read.address.kind === "listen") return valueOf(read.address);
  return fault("expected an address like 127.0.0.1:9091, [::1]:9091 or :9091");
}

/** ms of each unit. */
const units: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

/** How long, as kubectl reads it: seconds, or numbers with their units; in ms. */
export function requestTime(text: string): Parsed<number> {
  const whole = /^\d{1,9}$/.test(text) ? `${text}s` : text;
  if (!/^(\d{1,9}(\.\d{1,3})?(h|ms|m|s))+$/.test(whole)) {
    return fault("expected a time such as 30s or 1m30s, a number of seconds, or 0");
  }
  const parts = whole.matchAll(/([\d.]+)([a-z]+)/g);
  return valueOf(
    [...parts].reduce((sum, [, number, unit = ""]) => sum + Number(number) * (units[unit] ?? 0), 0),
  );
}

/** How often something is done, at most once a second; in ms. Undefined: never. */
export function interval(text: string): Parsed<number | undefined> {
  if (text === "off") return valueOf(undefined);
  const read = requestTime(text);
  return read.kind === "value" && read.value >= 1_000 && read.value <= 86_400_000
    ? read
    : fault("expected a time from 1s to 24h, such as 5m, or off");
}

/** Who can be named in a header. */
export function headerValue(text: string): Parsed<string> {
  return headerText.test(text) ? valueOf(text) : fault(expectedInHeader);
}

const expectedInHeader = "expected plain signs (ASCII), at most 512";

/** One in each line. */
export function headerValues(text: string): Parsed<readonly string[]> {
  const lines = text.split("\n");
  return lines.every((line) => headerText.test(line)) ? valueOf(lines) : fault(expectedInHeader);
}

/** `KEY=VALUE` in each line; a key may have several values. */
export function extraFields(text: string): Parsed<Readonly<Record<string, readonly string[]>>> {
  const pairs = text.split("\n").map((line) => /^([^=]+)=(.*)$/.exec(line) ?? []);
  if (!pairs.every(([, , value = ""]) => headerText.test(value))) {
    return fault(`expected KEY=VALUE; of the value ${expectedInHeader}`);
  }
  const byKey = Map.groupBy(pairs, ([, key = ""]) => key);
  return valueOf(
    Object.fromEntries([...byKey].map(([key, all]) => [key, all.map(([, , value = ""]) => value)])),
  );
}
