// Vectors of Borsh behind Anchor's discriminators, with Anchor's own client: instructions with one argument.
import anchor from "@coral-xyz/anchor";
import { createHash } from "node:crypto";
import { ALICE, ALICE_NATIVE, hex, write } from "./common.js";

const { BN, BorshInstructionCoder, web3 } = anchor;
const bn = (number) => new BN(number.toString());
const max = (bits) => ((1n << BigInt(bits)) - 1n).toString();
const key = new web3.PublicKey(Buffer.from(ALICE_NATIVE.slice(2), "hex"));

const types = [
  { name: "point", type: { kind: "struct", fields: [{ name: "x", type: "u64" }, { name: "y", type: "u128" }] } },
  { name: "side", type: { kind: "enum", variants: [
    { name: "Hold" }, { name: "Buy", fields: [{ name: "amount", type: "u64" }] }, { name: "Pair", fields: ["u8", "string"] }] } },
];
const defined = (name) => ({ defined: { name } });
const point = { struct: "point", fields: { x: "u64", y: "u128" } };
const side = { enum: "side", variants: {
  Hold: "unit", Buy: { struct: "Buy", fields: { amount: "u64" } }, Pair: { tuple: ["u8", "string"] } } };

// [our type, the IDL's type, our value, the client's value]
const cases = [
  ["bool", "bool", true, true],
  ["bool", "bool", false, false],
  ...["u8", "u16", "u32"].map((t) => [t, t, max(t.slice(1)), Number(max(t.slice(1)))]),
  ...["u64", "u128", "u256"].map((t) => [t, t, max(t.slice(1)), bn(max(t.slice(1)))]),
  ["u256", "u256", "258", bn(258)],
  ["i8", "i8", "-128", -128],
  ["i16", "i16", "-2", -2],
  ["i32", "i32", "-3", -3],
  ["i64", "i64", (-(1n << 63n)).toString(), bn(-(1n << 63n))],
  ["i128", "i128", "-5", bn(-5)],
  ["address", "pubkey", ALICE, key],
  ["bytes", "bytes", "0x0102ff", Buffer.from([1, 2, 255])],
  ["bytes", "bytes", "0x", Buffer.from([])],
  ["bytes4", { array: ["u8", 4] }, "0x01020304", [1, 2, 3, 4]],
  ["string", "string", "grüezi mitenand", "grüezi mitenand"],
  ["string", "string", "", ""],
  [{ array: "u64" }, { vec: "u64" }, ["1", "2", max(64)], [bn(1), bn(2), bn(max(64))]],
  [{ array: "u16", length: 3 }, { array: ["u16", 3] }, ["7", "8", "9"], [7, 8, 9]],
  [{ array: { array: "string" } }, { vec: { vec: "string" } }, [["a", "b"], [], ["c"]], [["a", "b"], [], ["c"]]],
  [{ option: "u64" }, { option: "u64" }, "5", bn(5)],
  [{ option: "u64" }, { option: "u64" }, null, null],
  [{ option: "address" }, { option: "pubkey" }, ALICE, key],
  [point, defined("point"), { x: "5", y: max(100) }, { x: bn(5), y: bn(max(100)) }],
  [{ array: point }, { vec: defined("point") }, [{ x: "1", y: "2" }], [{ x: bn(1), y: bn(2) }]],
  [side, defined("side"), "Hold", { Hold: {} }],
  [side, defined("side"), { Buy: { amount: "7" } }, { Buy: { amount: bn(7) } }],
  [side, defined("side"), { Pair: ["1", "x"] }, { Pair: [1, "x"] }],
];

const discriminator = [...createHash("sha256").update("global:check").digest().subarray(0, 8)];
const vectors = cases.map(([type, native, value, given]) => {
  const instructions = [{ name: "check", discriminator, accounts: [], args: [{ name: "a", type: native }] }];
  const coder = new BorshInstructionCoder({ address: key.toBase58(), metadata: {}, instructions, types });
  return { native: JSON.stringify(native), type, value, selector: hex(discriminator), call: hex(coder.encode("check", { a: given })) };
});
write("borsh", "@coral-xyz/anchor", vectors);
