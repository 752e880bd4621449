// Uses every generated TypeScript module with viem. What stands behind `@ts-expect-error` must not compile, all else must;
// and what viem writes and reads are the bytes of bytes.json.
import {
    type Hex, createPublicClient, custom, decodeErrorResult, decodeEventLog, decodeFunctionResult, encodeFunctionData,
    getContract, slice, zeroHash,
} from "viem";
import { bank, bankAbi, bankAddress, bankAt } from "../samples/bank/typescript/bank";
import { contract as cairo, contractAbi as cairoAbi } from "../samples/erc20-cairo/typescript/contract";
import { lending, lendingAbi } from "../samples/lending/typescript/lending";
import { contract as fuel, contractAbi as fuelAbi } from "../samples/token-fuel/typescript/contract";
import { vault, vaultAbi } from "../samples/vault/typescript/vault";
import records from "./bytes.json";

const alice = `0x${"33".repeat(20)}` as const;
const bob = `0x${"44".repeat(20)}` as const;
const big = 2n ** 128n + 5n;
const word = `0x${"55".repeat(32)}` as const;
const zero = zeroHash;

const left = records.filter(({ abi }) => abi === "solidity");

/** The bytes of the next record of this name. */
function next(sample: string, what: string, name: string): Hex {
    const index = left.findIndex((record) => record.sample === sample && record.what === what && record.name === name);
    const [record] = left.splice(index, 1);
    if (index < 0 || !record) throw new Error(`bytes.json has no more ${what} ${name} of ${sample}`);
    return record.bytes as Hex;
}

/** An event of the record, whose topics stand before its data. */
function log(sample: string, name: string, topics = 1) {
    const bytes = next(sample, "event", name);
    const all = Array.from({ length: topics }, (_, index) => slice(bytes, 32 * index, 32 * index + 32));
    const [signature, ...others] = all as [Hex, ...Hex[]];
    return { topics: [signature, ...others] as [Hex, ...Hex[]], data: `0x${bytes.slice(2 + 64 * topics)}` as const };
}

/** Fails unless the values are equal. */
function equal<const T>(given: T, expected: NoInfer<T>) {
    const text = (value: unknown) => JSON.stringify(value, (_, part) => (typeof part === "bigint" ? `${part}n` : part));
    if (text(given) !== text(expected)) throw new Error(`${text(given)} is not ${text(expected)}`);
}

/** A client of a chain on which every call returns these bytes. */
const returning = (data: Hex) => createPublicClient({ transport: custom({ request: async () => data }) });

async function ofBank() {
    const abi = bankAbi;
    equal(encodeFunctionData({ abi, functionName: "depositFor", args: [alice, 30, "hé"] }), next("bank", "call", "depositFor"));
    equal(encodeFunctionData({ abi, functionName: "send", args: [alice] }), next("bank", "call", "send"));
    equal(encodeFunctionData({ abi, functionName: "send", args: [alice, big] }), next("bank", "call", "send"));
    const shares: bigint = decodeFunctionResult({ abi, functionName: "depositFor", data: next("bank", "output", "depositFor") });
    equal(shares, big);
    const [rates, rest] = await returning(next("bank", "output", "rates")).readContract({ ...bank, functionName: "rates" });
    const third: bigint = rates[2];
    equal([third, rest], [9223372036854775807n, "0x0102ff"]);
    const { eventName, args } = decodeEventLog({ abi, ...log("bank", "Sent", 2) });
    equal([eventName, args.to, args.amount], ["Sent", alice, big]);
    const { errorName, args: [until] } = decodeErrorResult({ abi, data: next("bank", "error", "TooEarly") });
    equal([errorName, until], ["TooEarly", big]);
    const address: typeof bankAddress = bank.address;
    equal(bankAt(alice).address, alice);
    equal(bankAt(bob).abi, abi);

    // Not run.
    const _ = () => {
        const client = returning("0x");
        // @ts-expect-error: `term` is a number
        encodeFunctionData({ abi, functionName: "depositFor", args: [alice, "30", "hé"] });
        // @ts-expect-error: `send` takes one argument or two
        encodeFunctionData({ abi, functionName: "send", args: [alice, big, big] });
        // @ts-expect-error: there is no such function
        encodeFunctionData({ abi, functionName: "withdraw" });
        // @ts-expect-error: `send` changes the state
        client.readContract({ ...bank, functionName: "send", args: [alice] });
        // @ts-expect-error: there are three rates
        rates[3];
        // @ts-expect-error: an address begins with 0x
        bankAt("alice");
        // @ts-expect-error: the bank stands at another address
        const elsewhere: typeof address = alice;
        return elsewhere;
    };
}

async function ofCairo() {
    const abi = cairoAbi;
    const orders = [{ price: 9n, side: { variant: 0, Sell: [] } }, { price: 10n, side: { variant: 1, Sell: [[-3, true]] } }] as const;
    const [note, l1] = [`0x${"77".repeat(31)}`, `0x${"88".repeat(20)}`] as const;
    equal(encodeFunctionData({ abi, functionName: "totalSupply" }), next("erc20-cairo", "call", "totalSupply"));
    equal(encodeFunctionData({ abi, functionName: "totalSupply_" }), next("erc20-cairo", "call", "totalSupply_"));
    const data = encodeFunctionData({ abi, functionName: "place", args: [orders, [1n, big], [5n], [1, 2, 3], note, l1] });
    equal(data, next("erc20-cairo", "call", "place"));
    const [id, hash] = decodeFunctionResult({ abi, functionName: "place", data: next("erc20-cairo", "output", "place") });
    equal([id, hash], [5n, big]);
    const transfer = decodeEventLog({ abi, eventName: "Transfer", ...log("erc20-cairo", "Transfer") });
    equal(transfer.args, { from: alice, to: bob, value: big });
    const placed = decodeEventLog({ abi, eventName: "OrderPlaced", ...log("erc20-cairo", "OrderPlaced") });
    equal(placed.args.order, orders[1]);

    // Not run.
    const _ = () => {
        const token = getContract({ ...cairo, client: returning("0x") });
        const balance: Promise<bigint> = token.read.balanceOf([alice]);
        // @ts-expect-error: `price` is a bigint
        encodeFunctionData({ abi, functionName: "place", args: [[{ ...orders[0], price: 9 }], [], [], [1, 2, 3], note, l1] });
        // @ts-expect-error: the grid has three numbers
        encodeFunctionData({ abi, functionName: "place", args: [orders, [], [], [1, 2], note, l1] });
        // @ts-expect-error: the amount is missing
        token.read.balanceOf([]);
        return balance;
    };
}

async function ofLending() {
    const abi = lendingAbi;
    const borrow = [{ max_rate: "0x0000000000002940", term: 12 }] as const;
    const side = { variant: 1, Borrow: borrow, Swap: [], Note: [] } as const;
    const params = { nonce: 7n, side, oracle_keys: [alice, bob], weights: [1, 2, 3, 4] } as const;
    const open = encodeFunctionData({ abi, functionName: "openPosition", args: [word, word, zero, params, ["memo"]] });
    equal(open, next("lending", "call", "openPosition"));
    equal(encodeFunctionData({ abi, functionName: "healthOf", args: [word, 10n ** 29n] }), next("lending", "call", "healthOf"));
    const client = returning(next("lending", "output", "healthOf"));
    const health: bigint = await client.readContract({ ...lending, functionName: "healthOf", args: [word, 1n] });
    equal(health, -9n);
    equal(encodeFunctionData({ abi, functionName: "readPosition", args: [word] }), next("lending", "call", "readPosition"));
    const reader = getContract({ ...lending, client: returning(next("lending", "output", "readPosition")) });
    equal(await reader.read.readPosition([word]), { owner: alice, side, delegate: { tag: 1, value: bob }, bump: 254 });
    const opened = decodeEventLog({ abi, eventName: "PositionOpened", ...log("lending", "PositionOpened") });
    equal(opened.args, { owner: alice, code: `0x${"99".repeat(16)}` });
    const { errorName } = decodeErrorResult({ abi, data: next("lending", "error", "TooRisky") });
    equal(errorName, "TooRisky");

    // Not run.
    const _ = () => {
        // @ts-expect-error: `Note` is missing in `side`
        encodeFunctionData({ abi, functionName: "openPosition", args: [word, word, zero, { ...params, side: { variant: 1, Borrow: borrow, Swap: [] } }, []] });
        // @ts-expect-error: there is no such error
        return errorName === "TooSafe";
    };
}

async function ofFuel() {
    const abi = fuelAbi;
    const recipient = { variant: 1, Address: [], ContractId: [alice] } as const;
    const orders = [{ prices: [1n, 2n], limit: [3n] }, { prices: [4n, 5n], limit: [] }] as const;
    equal(encodeFunctionData({ abi, functionName: "mint", args: [recipient, word, 1000n] }), next("token-fuel", "call", "mint"));
    const place = encodeFunctionData({ abi, functionName: "place", args: [orders, [6n, word], [7n, 8n, 9n]] });
    equal(place, next("token-fuel", "call", "place"));
    equal(encodeFunctionData({ abi, functionName: "totalSupply", args: [{ bits: word }] }), next("token-fuel", "call", "totalSupply"));
    const client = returning(next("token-fuel", "output", "totalSupply"));
    const supply: readonly bigint[] = await client.readContract({ ...fuel, functionName: "totalSupply", args: [{ bits: word }] });
    equal(supply, [5n]);
    const symbol: string = decodeFunctionResult({ abi, functionName: "symbol", data: next("token-fuel", "output", "symbol") });
    equal(symbol, "HEXA");
    const result = decodeFunctionResult({ abi, functionName: "place", data: next("token-fuel", "output", "place") });
    equal(result, { variant: 1, Ok: [], Err: [{ variant: 1, TooMuch: [5n] }] });
    const { args: [number] } = decodeEventLog({ abi, eventName: "log_7", ...log("token-fuel", "log_7") });
    equal(number, 8n);
    equal(decodeErrorResult({ abi, data: next("token-fuel", "error", "error_1") }).errorName, "error_1");

    // Not run.
    const _ = () => {
        // @ts-expect-error: `Address` is a list
        encodeFunctionData({ abi, functionName: "mint", args: [{ ...recipient, Address: alice }, word, 1000n] });
        // @ts-expect-error: a pair has two parts
        encodeFunctionData({ abi, functionName: "place", args: [orders, [6n], [7n, 8n, 9n]] });
    };
}

async function ofVault() {
    const abi = vaultAbi;
    const kind = { variant: 2, Limit: [], Stop: [{ at_price: -5n }] } as const;
    const args = [word, 513, kind, "hé", [alice, bob], `0x${"88".repeat(20)}`, bob] as const;
    equal(encodeFunctionData({ abi, functionName: "placeOrder", args }), next("vault", "call", "placeOrder"));
    equal(encodeFunctionData({ abi, functionName: "ping" }), next("vault", "call", "ping"));
    const client = returning(next("vault", "output", "readVaultState"));
    const state = await client.readContract({ ...vault, functionName: "readVaultState", args: [word] });
    equal(state.close_authority, { tag: 0, value: alice });
    equal(decodeErrorResult({ abi, data: next("vault", "error", "VaultIsFull") }).errorName, "VaultIsFull");

    // Not run.
    const _ = () => {
        // @ts-expect-error: `ping` takes nothing
        encodeFunctionData({ abi, functionName: "ping", args: [word] });
        // @ts-expect-error: an account has no such field
        return state.open_authority;
    };
}

async function main() {
    const count = left.length;
    await Promise.all([ofBank(), ofCairo(), ofLending(), ofFuel(), ofVault()]);
    const [unused] = left;
    if (unused) throw new Error(`${unused.what} ${unused.name} of ${unused.sample} is not checked`);
    console.log(`viem: ${count} records`);
}

main();
