// As whom are requests made? What flags and a kubeconfig's user say, merged as kubectl merges it, as headers. Pure.
import { isRecord } from "../../text/json.ts";
import { ConfigError, type Impersonation, type ImpersonationHeaders } from "./connection.ts";
import { type KubeconfigEntry, text } from "./kubeconfig.ts";

/** `as`, `as-uid`, `as-groups` and `as-user-extra` of a user. Throws ConfigError that names the field. */
export function impersonationOf(entry: KubeconfigEntry): Impersonation {
  const { "as-groups": groups, "as-user-extra": extra } = entry.fields;
  return {
    user: text(entry, "as"),
    uid: text(entry, "as-uid"),
    groups: texts(groups, { entry, field: "as-groups" }),
    extra: extraOf(extra, entry),
  };
}

function extraOf(extra: unknown, entry: KubeconfigEntry): Impersonation["extra"] {
  if (extra === undefined || extra === null) return undefined;
  const field = "as-user-extra";
  if (!isRecord(extra)) throw unreadable({ entry, field }, "expected keys, each with a list of texts");
  return Object.fromEntries(
    Object.entries(extra).map(([key, values]) => [
      key,
      texts(values, { entry, field: `${field} ${JSON.stringify(key.slice(0, 100))}` }) ?? [],
    ]),
  );
}

interface Place {
  readonly entry: KubeconfigEntry;
  readonly field: string;
}

function texts(list: unknown, place: Place): readonly string[] | undefined {
  if (list === undefined || list === null) return undefined;
  const isList = Array.isArray(list) && list.every((each) => typeof each === "string");
  if (!isList) throw unreadable(place, "expected a list of texts");
  return list;
}

function unreadable({ entry, field }: Place, found: string): ConfigError {
  return new ConfigError(`Cannot read ${field} of "${entry.name}" in ${entry.path}: ${found}`);
}

/**
 * The headers; undefined when nobody is named. What flags say wins, field by field, and key by key of `extra`. Throws
 * ConfigError where no user is named to whom the rest belongs, and for what no header can hold.
 */
export function impersonationHeaders(
  { flags, kubeconfig }: { readonly flags: Impersonation; readonly kubeconfig: Impersonation },
): ImpersonationHeaders | undefined {
  const user = flags.user ?? kubeconfig.user;
  const uid = flags.uid ?? kubeconfig.uid;
  const groups = flags.groups ?? kubeconfig.groups ?? [];
  const extra = { ...kubeconfig.extra, ...flags.extra };
  if (user === undefined) {
    if (uid === undefined && groups.length === 0 && Object.keys(extra).length === 0) return undefined;
    throw new ConfigError(
      "Cannot act as a group, a uid or with extra fields without a user: say --as, or give the kubeconfig's user an as",
    );
  }
  const headers = [
    { name: "impersonate-user", value: user },
    ...(uid === undefined ? [] : [{ name: "impersonate-uid", value: uid }]),
    ...groups.map((value) => ({ name: "impersonate-group", value })),
    ...Object.entries(extra).flatMap(([key, values]) =>
      values.map((value) => ({ name: `impersonate-extra-${escapedKey(key).toLowerCase()}`, value }))
    ),
  ];
  const wrong = headers.map(({ value }) => value).find((value) => !headerText.test(value));
  if (wrong === undefined) {
    return Object.fromEntries(
      [...Map.groupBy(headers, ({ name }) => name)].map((
        [name, all],
      ) => [name, all.map(({ value }) => value)]),
    );
  }
  throw new ConfigError(
    `Cannot act as ${JSON.stringify(wrong.slice(0, 100))}: expected plain signs (ASCII), at most 512`,
  );
}

/** What may stand in a header of HTTP. */
export const headerText = /^[\x21-\x7e]([\x20-\x7e]{0,510}[\x21-\x7e])?$/;

/** As client-go escapes it: a header's name cannot hold every sign, and the API server takes it back. */
function escapedKey(key: string): string {
  const bytes = new TextEncoder().encode(key);
  return [...bytes].map((byte) => {
    const sign = String.fromCharCode(byte);
    if (/[-!#$&'*+.^_`|~0-9A-Za-z]/.test(sign)) return sign;
    return `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }).join("");
}
