// An object without the fields that are undefined: what `exactOptionalPropertyTypes` wants of optional fields.

/** `Value` with every field that may be undefined optional instead. */
export type Defined<Value> =
  & { [Key in keyof Value as undefined extends Value[Key] ? never : Key]: Value[Key] }
  & { [Key in keyof Value as undefined extends Value[Key] ? Key : never]?: Exclude<Value[Key], undefined> };

/** A copy without its undefined fields. */
export function defined<Value extends object>(value: Value): Defined<Value> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as Defined<
    Value
  >;
}

/** What an exception says, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What is said of an exception that nobody expected. */
export function ownFault(error: unknown): string {
  return `a fault of this program: ${messageOf(error)}`;
}
