// Vectors of Fuel's ABI, encoding version 1, with the coder of the TypeScript SDK: calls with one argument.
import { Interface } from "@fuel-ts/abi-coder";
import { ALICE, ALICE_NATIVE, hex, write } from "./common.js";

// Names of concrete types stand in for their hashes: the coder uses them as keys only.
const max = (bits) => ((1n << BigInt(bits)) - 1n).toString();
const B256 = "0x" + "c4".repeat(32);

const metadata = [];
const concrete = new Map();
function metadataType(type, components) {
  metadata.push({ type, metadataTypeId: metadata.length, components, typeParameters: null });
  return metadata.length - 1;
}
/** The id of a concrete type; `components` for structs, enums, tuples and arrays: pairs of name and id. */
function ty(type, components, parameters) {
  if (concrete.has(type)) return type;
  const entry = { type, concreteTypeId: type };
  if (components) {
    entry.metadataTypeId = metadataType(type, components.map(([name, id]) => ({ name, typeId: id })));
  }
  if (parameters) entry.typeArguments = parameters;
  concrete.set(type, entry);
  return type;
}
/** A generic type of the standard library with one parameter `T`, and what it is made of. */
const generics = new Map();
function generic(name, components) {
  const parameter = metadataType("generic T", null);
  const id = metadata.length;
  metadata.push({ type: name, metadataTypeId: id, components: components(parameter), typeParameters: [parameter] });
  generics.set(name, id);
}
function of(name, display, argument) {
  if (!concrete.has(display)) {
    concrete.set(display, { type: display, concreteTypeId: display, metadataTypeId: generics.get(name), typeArguments: [argument] });
  }
  return display;
}

const unit = ty("()");
const [u8, u16, u32, u64, u256, bool, b256] = ["u8", "u16", "u32", "u64", "u256", "bool", "b256"].map((t) => ty(t));
generic("enum std::option::Option", (T) => [{ name: "None", typeId: unit }, { name: "Some", typeId: T }]);
const rawVec = (() => {
  const parameter = metadataType("generic T", null);
  const pointer = metadataType("raw untyped ptr", null);
  metadata.push({ type: "struct std::vec::RawVec", metadataTypeId: metadata.length,
    components: [{ name: "ptr", typeId: pointer }, { name: "cap", typeId: u64 }], typeParameters: [parameter] });
  return metadata.length - 1;
})();
generic("struct std::vec::Vec", (T) => [
  { name: "buf", typeId: rawVec, typeArguments: [{ name: "", typeId: T }] }, { name: "len", typeId: u64 }]);
const rawBytes = metadataType("struct std::bytes::RawBytes", [
  { name: "ptr", typeId: metadataType("raw untyped ptr", null) }, { name: "cap", typeId: u64 }]);
const bytes = ty("struct std::bytes::Bytes", [["buf", rawBytes], ["len", u64]]);
const string = ty("struct std::string::String", [["bytes", metadataType("struct std::bytes::Bytes", [
  { name: "buf", typeId: rawBytes }, { name: "len", typeId: u64 }])]]);
const str = ty("str");
const str5 = ty("str[5]");
const address = ty("struct std::address::Address", [["bits", b256]]);
const contract = ty("struct std::contract_id::ContractId", [["bits", b256]]);
const pointType = ty("struct Point", [["x", u64], ["y", u256]]);
const sideType = ty("enum Side", [["Hold", unit], ["Buy", u64], ["Swap", pointType]]);
const tuple = ty("(u8, u256, bool)", [["__tuple_element", u8], ["__tuple_element", u256], ["__tuple_element", bool]]);
const triple = ty("[u32; 3]", [["__array_element", u32]]);
const option = (argument) => of("enum std::option::Option", `enum std::option::Option<${argument}>`, argument);
const vec = (argument) => of("struct std::vec::Vec", `struct std::vec::Vec<${argument}>`, argument);

const point = { struct: "Point", fields: { x: "u64", y: "u256" } };
const side = { enum: "Side", variants: { Hold: "unit", Buy: "u64", Swap: point } };

// [our type, Fuel's type, our value, the SDK's value]
const cases = [
  ["bool", bool, true, true],
  ["bool", bool, false, false],
  ["u8", u8, "255", 255],
  ["u16", u16, max(16), Number(max(16))],
  ["u32", u32, max(32), Number(max(32))],
  ["u64", u64, max(64), max(64)],
  ["u256", u256, max(256), max(256)],
  ["bytes32", b256, B256, B256],
  ["address", address, ALICE, { bits: ALICE_NATIVE }],
  ["address", contract, ALICE, { bits: ALICE_NATIVE }],
  // Only ASCII: the SDK counts the length of a text in UTF-16 units, the contract in bytes.
  ["string", string, "good morning", "good morning"],
  ["string", str, "hello", "hello"],
  ["string", str, "", ""],
  ["string5", str5, "hello", "hello"],
  ["bytes", bytes, "0x0102ff", [1, 2, 255]],
  [{ array: "u64" }, vec(u64), ["1", "2", "3"], [1, 2, 3]],
  [{ array: "u8" }, vec(u8), ["1", "2"], [1, 2]],
  [{ array: { array: "u32" } }, vec(vec(u32)), [["1"], []], [[1], []]],
  [{ array: point }, vec(pointType), [{ x: "1", y: "2" }, { x: "3", y: "4" }], [{ x: 1, y: 2 }, { x: 3, y: 4 }]],
  [{ array: "u32", length: 3 }, triple, ["7", "8", "9"], [7, 8, 9]],
  [{ tuple: ["u8", "u256", "bool"] }, tuple, ["1", max(256), true], [1, max(256), true]],
  [point, pointType, { x: "5", y: max(200) }, { x: 5, y: max(200) }],
  [{ option: "u64" }, option(u64), "5", 5],
  [{ option: "u64" }, option(u64), null, undefined],
  [{ option: { array: "u64" } }, option(vec(u64)), ["9"], [9]],
  [side, sideType, "Hold", { Hold: [] }],
  [side, sideType, { Buy: "7" }, { Buy: 7 }],
  [side, sideType, { Swap: { x: "8", y: "9" } }, { Swap: { x: 8, y: 9 } }],
];

const vectors = cases.map(([type, native, value, given]) => {
  const abi = {
    programType: "contract", specVersion: "1.1", encodingVersion: "1",
    concreteTypes: [...concrete.values()], metadataTypes: metadata,
    functions: [{ name: "check", inputs: [{ name: "a", concreteTypeId: native }], output: unit, attributes: null }],
    loggedTypes: [], messagesTypes: [], configurables: [],
  };
  const fragment = new Interface(abi).functions.check;
  const call = [...fragment.selectorBytes, ...fragment.encodeArguments([given])];
  return { native, type, value, selector: hex(Buffer.from("check")), call: hex(call) };
});
write("fuel", "@fuel-ts/abi-coder", vectors);
