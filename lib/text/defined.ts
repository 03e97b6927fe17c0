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

const nothing: readonly never[] = [];

/**
 * A list that is kept for long, in no more memory than it takes: where it has grown (`flatMap`, `filter`) V8 has reserved
 * sixteen places more, and an empty one is one for all.
 */
export function compact<One>(list: readonly One[]): readonly One[] {
  return list.length === 0 ? nothing : [...list];
}

/** What an exception says, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What is said of an exception that nobody expected. */
export function ownFault(error: unknown): string {
  return `a fault of this program: ${messageOf(error)}`;
}
