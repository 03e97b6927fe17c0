// Which version is this: as deno.json says.
import config from "../../deno.json" with { type: "json" };

/** Semantic version of the program. */
export const version: string = config.version;
