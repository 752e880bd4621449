// Reads every generated Anchor IDL with Anchor's client, which must write the instructions of bytes.json with the accounts
// that it says, and read the results, events, accounts and errors.
// Usage: node anchor.cjs FOLDER_OF_SAMPLES
const { BN, BorshCoder, Program, ProgramError, web3 } = require("@coral-xyz/anchor");
const { deepStrictEqual } = require("assert");
const camelCase = require("camelcase");
const { createHash } = require("crypto");
const fs = require("fs");
const path = require("path");
const { PublicKey } = web3;

const records = require("./bytes.json").filter(({ abi }) => abi === "borsh");
const unhex = (text) => Buffer.from(text.slice(2), "hex");
/** The name as the client has it. */
const camel = (name) => camelCase(name, { locale: false });

/** The key of an account that the caller gives. */
const key = (name) => new PublicKey(createHash("sha256").update(name).digest());
const derived = (seeds, program) => PublicKey.findProgramAddressSync(seeds.map((seed) => Buffer.from(seed)), program)[0];
const vault = new PublicKey("LendZqTs7gn5CTSJU1jWKhKuVpjJGom45nnwPb2AMTi");
const token = new PublicKey("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
/** The accounts that the client must find by itself. */
const found = (program) => ({
  "open_position position": derived(["pos", key("owner").toBytes(), [7, 0, 0, 0, 0, 0, 0, 0]], program),
  "open_position vault": derived([key("mint").toBytes(), [7, 0]], token),
  "open_position programs.token_program": token,
  "open_position programs.system_program": PublicKey.default,
  "place_order order_vault": derived(["vault", vault.toBytes(), key("owner").toBytes(), [1, 2]], program),
  "place_order registry": derived([], token),
  "place_order self": vault,
});

/** A value of bytes.json as the client takes and gives it. */
function native(types, type, value) {
  if (/^[ui](64|128|256)$/.test(type)) return new BN(value);
  if (type === "pubkey") return new PublicKey(Buffer.concat([Buffer.alloc(12), unhex(value)]));
  if (type === "bytes") return unhex(value);
  if (typeof type === "string") return value;
  if (type.option) return value === null ? null : native(types, type.option, value);
  if (type.vec) return value.map((item) => native(types, type.vec, item));
  if (type.array && typeof value === "string") return [...(value.startsWith("0x") ? unhex(value) : Buffer.from(value))];
  if (type.array) return value.map((item) => native(types, type.array[0], item));
  const { kind, fields, variants } = types.find(({ name }) => name === type.defined.name).type;
  if (kind === "struct") return nativeFields(types, fields, value);
  const [name, payload] = typeof value === "string" ? [value, []] : Object.entries(value)[0];
  const carried = variants.find((variant) => variant.name === camel(name)).fields ?? [];
  const alone = carried.length === 1 && !carried[0].name;
  return { [camel(name)]: nativeFields(types, carried, alone ? [payload] : payload) };
}

/** The same for fields with or without names. */
function nativeFields(types, fields, value) {
  const values = Object.values(value);
  const entries = (fields ?? []).map((field, index) => [field.name ?? index, native(types, field.type ?? field, values[index])]);
  return Object.fromEntries(entries);
}

/** Fails unless the values are equal, whatever classes they are made of. */
function equal(given, expected) {
  const plain = (value) => JSON.parse(JSON.stringify(value));
  deepStrictEqual(plain(given), plain(expected));
}

const checks = {
  async call({ idl, coder, methods, programId }, { name, values, accounts = [] }, bytes) {
    const { args } = idl.instructions.find((instruction) => instruction.name === camel(name));
    const given = {};
    const keys = accounts.map((account) => {
      const [whose, ...flags] = account.split(" ");
      const is = (flag) => flags.includes(flag);
      let pubkey = found(programId)[`${name} ${whose}`];
      if (!pubkey) {
        // One that is optional is left out; the program's id stands for it.
        given[camel(whose)] = is("optional") ? null : key(whose);
        pubkey = given[camel(whose)] ?? programId;
      }
      return { pubkey, isSigner: is("signer"), isWritable: is("writable") };
    });
    const method = methods[camel(name)](...args.map(({ type }, index) => native(idl.types, type, values[index])));
    const made = await method.accountsPartial(given).instruction();
    equal(made.data, bytes);
    equal(made.keys, keys);
    equal(coder.instruction.decode(bytes), { name: camel(name), data: nativeFields(idl.types, args, values) });
  },

  async output({ idl }, { name, values }, bytes) {
    const { returns } = idl.instructions.find((instruction) => instruction.name === camel(name));
    const types = [...idl.types, { name: "returns", type: { kind: "type", alias: returns } }];
    const coder = new BorshCoder({ ...idl, types }).types;
    const value = native(types, returns, values.length === 1 ? values[0] : values);
    equal(coder.decode("returns", bytes), value);
    equal(coder.encode("returns", value), bytes);
  },

  async event({ idl, coder }, { name, values }, bytes) {
    const { fields } = idl.types.find((type) => type.name === camel(name)).type;
    equal(coder.events.decode(bytes.toString("base64")), { name: camel(name), data: nativeFields(idl.types, fields, values) });
  },

  async account({ idl, coder }, { name, values }, bytes) {
    const value = native(idl.types, { defined: { name: camel(name) } }, values[0]);
    equal(coder.accounts.decode(camel(name), bytes), value);
    equal(await coder.accounts.encode(camel(name), value), bytes);
  },

  async error({ idl }, { name }, bytes) {
    const names = new Map(idl.errors.map(({ code, name }) => [code, name]));
    const read = ProgramError.parse(`custom program error: 0x${bytes.readUint32LE().toString(16)}`, names);
    deepStrictEqual(read.msg, camel(name));
  },
};

async function main(samples) {
  const checked = new Set();
  for (const sample of fs.readdirSync(samples)) {
    const folder = path.join(samples, sample, "anchor");
    const [file] = fs.readdirSync(folder);
    const idl = JSON.parse(fs.readFileSync(path.join(folder, file), "utf8"));
    const program = new Program(idl, { publicKey: key("owner") });
    deepStrictEqual(Object.keys(program.methods).length, idl.instructions.length, `${sample}: names are equal in camel case`);
    for (const record of records.filter((record) => record.sample === sample)) {
      await checks[record.what](program, record, unhex(record.bytes)).catch((error) => {
        console.error(`${sample}, ${record.what} ${record.name}:`);
        throw error;
      });
      checked.add(record);
    }
  }
  deepStrictEqual(checked.size, records.length, "records of samples that do not exist");
  const { version } = require("@coral-xyz/anchor/package.json");
  console.log(`@coral-xyz/anchor ${version}: ${checked.size} records`);
}

main(path.resolve(process.argv[2]));
