// Are the pictures in the documents those that `graph` makes of the examples today?
import assert from "node:assert/strict";
import { root } from "./pages.ts";
import { makePictures } from "./pictures.ts";

Deno.test("the pictures of the documents are current (else: deno task pictures)", async () => {
  for (const [path, text] of await makePictures()) {
    assert.equal(await Deno.readTextFile(new URL(path, root)), text, path);
  }
});
