// What the scripts share.
import { readFileSync, writeFileSync } from "node:fs";

/** A canonical address, and the form of 32 bytes that it has in the other ABIs. */
export const ALICE = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
export const ALICE_NATIVE = "0x00" + Buffer.from("hexapla-evm").toString("hex") + ALICE.slice(2).toLowerCase();

export const hex = (bytes) => "0x" + Buffer.from(bytes).toString("hex");

/** Members as a list of pairs: their order matters, and not every reader of JSON keeps the order of keys. */
function ordered(type) {
  if (typeof type !== "object" || type === null) return type;
  if (Array.isArray(type)) return type.map(ordered);
  const members = (pairs) => Object.entries(pairs).map(([name, inner]) => [name, ordered(inner)]);
  return Object.fromEntries(Object.entries(type).map(([key, inner]) =>
    [key, key === "fields" || key === "variants" ? members(inner) : ordered(inner)]));
}

/** Writes `../<name>.json`: where the vectors come from, and calls with their bytes. */
export function write(name, encoder, vectors) {
  const { version } = JSON.parse(readFileSync(new URL(`node_modules/${encoder}/package.json`, import.meta.url)));
  const lines = vectors.map((vector) => JSON.stringify({ ...vector, type: ordered(vector.type) }));
  const text = `{"encoder": "${encoder} ${version}", "vectors": [\n${lines.join(",\n")}\n]}\n`;
  writeFileSync(new URL(`../${name}.json`, import.meta.url), text);
  console.log(`${name}: ${vectors.length} vectors of ${encoder} ${version}`);
}
