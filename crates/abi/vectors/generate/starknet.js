// Vectors of Cairo's felts, with starknet.js: the calldata of a call with one argument.
import { CairoCustomEnum, CairoOption, CairoOptionVariant, CairoResult, CairoResultVariant, CallData, hash } from "starknet";
import { ALICE, ALICE_NATIVE, write } from "./common.js";

const some = (value) => new CairoOption(CairoOptionVariant.Some, value);
const none = () => new CairoOption(CairoOptionVariant.None);

const items = [
  // As every ABI with texts declares it; the client looks for it.
  { type: "struct", name: "core::byte_array::ByteArray", members: [
    { name: "data", type: "core::array::Array::<core::bytes_31::bytes31>" },
    { name: "pending_word", type: "core::felt252" }, { name: "pending_word_len", type: "core::integer::u32" }] },
  { type: "struct", name: "demo::Point", members: [{ name: "x", type: "core::integer::u64" }, { name: "y", type: "core::integer::u256" }] },
  { type: "struct", name: "demo::Empty", members: [] },
  { type: "enum", name: "demo::Side", variants: [
    { name: "Hold", type: "()" }, { name: "Buy", type: "core::integer::u64" }, { name: "Swap", type: "demo::Point" },
    { name: "Pair", type: "(core::integer::u8, core::felt252)" } ] },
  ...["core::integer::u64", "core::felt252", "demo::Point"].map((t) => (
    { type: "enum", name: `core::option::Option::<${t}>`, variants: [{ name: "Some", type: t }, { name: "None", type: "()" }] })),
  { type: "enum", name: "core::result::Result::<core::integer::u64, core::felt252>",
    variants: [{ name: "Ok", type: "core::integer::u64" }, { name: "Err", type: "core::felt252" }] },
];

const point = { struct: "demo::Point", fields: { x: "u64", y: "u256" } };
const side = { enum: "demo::Side", variants: { Hold: "unit", Buy: "u64", Swap: point, Pair: { tuple: ["u8", "felt"] } } };
const result = { enum: "Result", variants: { Ok: "u64", Err: "felt" } };
const OPTION = "core::option::Option::";
const RESULT = "core::result::Result::<core::integer::u64, core::felt252>";
const variant = (fields) => new CairoCustomEnum({ Hold: undefined, Buy: undefined, Swap: undefined, Pair: undefined, ...fields });
const max = (bits) => ((1n << BigInt(bits)) - 1n).toString();
const PRIME = (1n << 251n) + 17n * (1n << 192n) + 1n;

// [our type, Cairo's type, our value, starknet.js's value]
const cases = [
  ["bool", "core::bool", true, true],
  ["bool", "core::bool", false, false],
  ...["u8", "u16", "u32", "u64", "u128"].map((t) => [t, `core::integer::${t}`, max(t.slice(1)), max(t.slice(1))]),
  ["u256", "core::integer::u256", max(256), max(256)],
  ["u256", "core::integer::u256", (1n << 128n).toString(), (1n << 128n).toString()],
  ["u256", "core::integer::u256", "7", "7"],
  ...[["i8", -128n], ["i16", -1n], ["i32", 5n], ["i64", -(1n << 63n)], ["i128", -(1n << 127n)]].map(([t, v]) =>
    [t, `core::integer::${t}`, v.toString(), v]),
  ["felt", "core::felt252", (PRIME - 1n).toString(), (PRIME - 1n).toString()],
  ["string9", "core::felt252", "TOO_RISKY", "TOO_RISKY"],
  ["address", "core::starknet::contract_address::ContractAddress", ALICE, ALICE_NATIVE],
  ["bytes31", "core::bytes_31::bytes31", "0x" + "61".repeat(31), "a".repeat(31)],
  ...["", "a", "x".repeat(30), "x".repeat(31), "x".repeat(32), "grüezi mitenand ".repeat(7)].map((text) =>
    ["string", "core::byte_array::ByteArray", text, text]),
  [{ array: "u64" }, "core::array::Array::<core::integer::u64>", ["1", "2", "3"], [1, 2, 3]],
  [{ array: "u256" }, "core::array::Span::<core::integer::u256>", [max(256), "0"], [max(256), 0]],
  [{ array: "u8" }, "core::array::Array::<core::integer::u8>", [], []],
  [{ array: { array: "felt" } }, "core::array::Array::<core::array::Array::<core::felt252>>", [["1"], [], ["2", "3"]], [[1], [], [2, 3]]],
  [{ array: "string" }, "core::array::Array::<core::byte_array::ByteArray>", ["a", "b".repeat(40)], ["a", "b".repeat(40)]],
  [{ array: "u32", length: 3 }, "[core::integer::u32; 3]", ["7", "8", "9"], [7, 8, 9]],
  [{ tuple: ["u8", "u256", "bool"] }, "(core::integer::u8, core::integer::u256, core::bool)", ["1", max(256), true],
    { 0: 1, 1: max(256), 2: true }],
  [point, "demo::Point", { x: "5", y: max(200) }, { x: 5, y: max(200) }],
  [{ array: point }, "core::array::Array::<demo::Point>", [{ x: "1", y: "2" }, { x: "3", y: "4" }], [{ x: 1, y: 2 }, { x: 3, y: 4 }]],
  [{ option: "u64" }, `${OPTION}<core::integer::u64>`, "5", some(5)],
  [{ option: "u64" }, `${OPTION}<core::integer::u64>`, null, none()],
  [{ option: point }, `${OPTION}<demo::Point>`, { some: { x: "1", y: "2" } }, some({ x: 1, y: 2 })],
  [result, RESULT, { Ok: "5" }, new CairoResult(CairoResultVariant.Ok, 5)],
  [result, RESULT, { Err: "6" }, new CairoResult(CairoResultVariant.Err, 6)],
  [side, "demo::Side", "Hold", variant({ Hold: {} })],
  [side, "demo::Side", { Buy: "7" }, variant({ Buy: 7 })],
  [side, "demo::Side", { Swap: { x: "8", y: "9" } }, variant({ Swap: { x: 8, y: 9 } })],
  [side, "demo::Side", { Pair: ["1", "2"] }, variant({ Pair: { 0: 1, 1: 2 } })],
];

const felts = (calldata) => calldata.map((felt) => BigInt(felt).toString(16).padStart(64, "0")).join("");

const vectors = cases.map(([type, cairo, value, native]) => {
  const f = { type: "function", name: "f", inputs: [{ name: "a", type: cairo }], outputs: [], state_mutability: "view" };
  const calldata = new CallData([...items, f]).compile("f", [native]);
  const selector = BigInt(hash.getSelectorFromName("f")).toString(16).padStart(64, "0");
  return { native: cairo, type, value, selector: "0x" + selector, call: "0x" + selector + felts(calldata) };
});
write("cairo", "starknet", vectors);
