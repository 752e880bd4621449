// Writes every instruction and every extension of Token-2022 with the encoders of its own client, which must give the bytes
// of token-2022-bytes.json. A test of this crate compares that file with the codec and the IDLs of this repository; values
// are made by the same rules there and here.
// Usage: node token-2022.cjs FOLDER_OF_IDLS
const client = require("@solana-program/token-2022");
const { getBase58Decoder } = require("@solana/kit");
const { strictEqual } = require("assert");
const fs = require("fs");
const path = require("path");

const read = (file) => JSON.parse(fs.readFileSync(file, "utf8"));
const [idl, extensions] = ["token-2022.json", "token-2022-extensions.json"].map((name) => read(path.join(process.argv[2], name)));
const expected = read(path.join(__dirname, "token-2022-bytes.json"));

const key = getBase58Decoder().decode(Uint8Array.from({ length: 32 }, (_, index) => (index < 12 ? 0 : 0x11)));
const numbers = {
  u8: 7, u16: 258, u32: 66051, u64: 0x0102030405060708n, i8: -3, i16: -300, i64: -5000000000n, f64: 1.5, bool: true,
  pubkey: key, string: "hexapla",
};
const camel = (name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
const pascal = (name) => camel(`_${name}`);

/** The value of a type, by the rules of the test. */
function sample(types, type) {
  if (typeof type === "string") return numbers[type];
  if (type.option) return sample(types, type.option);
  if (type.array) return Uint8Array.from({ length: type.array[1] }, (_, index) => index + 1);
  if (type.vec) return new Map([["hexapla", "hexapla"]]);
  switch (type.defined.name) {
    case "RawText": return "hexapla";
    case "RawBytes": return [{ numberOfAccounts: 3, instructionData: Uint8Array.from([9, 9]) }];
    case "ExtensionNumbers": return [8, 14];
  }
  const definition = types.find(({ name }) => name === type.defined.name).type;
  if (definition.kind === "struct") return fields(types, definition.fields);
  const last = definition.variants.at(-1);
  return last.fields ? { __kind: last.name, fields: ["hexapla"] } : 1;
}

/** The client writes some names with other capitals. */
function fields(types, list) {
  const names = (name) => [camel(name), camel(name).replace("Elgamal", "ElGamal")];
  return Object.fromEntries(list.flatMap(({ name, type }) => names(name).map((name) => [name, sample(types, type)])));
}

const hex = (bytes) => `0x${Buffer.from(bytes).toString("hex")}`;
const encoders = Object.entries(client).map(([name, make]) => [name.toLowerCase(), make]);
let compared = 0;
for (const { name, args } of idl.instructions) {
  const wanted = `get${pascal(name)}InstructionDataEncoder`.toLowerCase();
  const make = encoders.find(([known]) => known === wanted)?.[1];
  if (!make) throw new Error(`the client has no ${wanted}`);
  strictEqual(expected[name], hex(make().encode(fields(idl.types, args))), name);
  compared += 1;
}
// What the client has beyond it would be missing here.
const has = new Set(idl.instructions.map(({ name }) => pascal(name).toLowerCase()));
const others = encoders.map(([name]) => /^get(.*)instructiondataencoder$/.exec(name)?.[1]).filter((name) => name && !has.has(name));
strictEqual(others.join(), [...new Set(others)].filter((name) => /nested|associated/.test(name)).join(), "instructions that are missing");
for (const { name } of extensions.accounts) {
  const definition = extensions.types.find((type) => type.name === name).type;
  const value = { __kind: name, ...fields(extensions.types, definition.fields) };
  strictEqual(expected[name], hex(client.getExtensionEncoder().encode(value)), name);
  compared += 1;
}
console.log(`@solana-program/token-2022: ${compared} instructions and extensions have its bytes`);
