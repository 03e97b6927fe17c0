// What comes of reading one value: the value, or the reason why the text is none.

/** A value read from text, or the fault: one clause that says what was expected, for the end of a sentence. */
export type Parsed<Value> =
  | { readonly kind: "value"; readonly value: Value }
  | { readonly kind: "fault"; readonly reason: string };

export function valueOf<Value>(value: Value): Parsed<Value> {
  return { kind: "value", value };
}

export function fault(reason: string): Parsed<never> {
  return { kind: "fault", reason };
}

/** Applies `change` to a value; a fault stays as it is. */
export function mapped<From, To>(parsed: Parsed<From>, change: (value: From) => To): Parsed<To> {
  return parsed.kind === "value" ? valueOf(change(parsed.value)) : parsed;
}
