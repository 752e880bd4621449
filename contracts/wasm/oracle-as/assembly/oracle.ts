// A price oracle for Arbitrum Stylus without any SDK: the Solidity ABI is read and written by hand.
//
//   price() -> uint256      setPrice(uint256)
//
// The price is in storage slot 0, as in a Solidity contract with one `uint256`. Anybody may set it: this is for tests and
// examples. A call with coin, with an unknown selector or with too few arguments reverts without data.

@external("vm_hooks", "msg_value")
declare function msg_value(dest: usize): void;
@external("vm_hooks", "pay_for_memory_grow")
declare function pay_for_memory_grow(pages: u32): void;
@external("vm_hooks", "read_args")
declare function read_args(dest: usize): void;
@external("vm_hooks", "storage_cache_bytes32")
declare function storage_cache_bytes32(key: usize, value: usize): void;
@external("vm_hooks", "storage_flush_cache")
declare function storage_flush_cache(clear: u32): void;
@external("vm_hooks", "storage_load_bytes32")
declare function storage_load_bytes32(key: usize, dest: usize): void;
@external("vm_hooks", "write_result")
declare function write_result(data: usize, len: usize): void;

const OK: u32 = 0;
const REVERT: u32 = 1;

// The first four bytes of keccak256 of the signature.
const PRICE: u32 = 0xa035b1fe;
const SET_PRICE: u32 = 0x91b7f5ed;

// 36 bytes of calldata are the longest that a function takes.
const ARGS_MAX: u32 = 36;

// Static memory: always there, never moved, zero at the start.
const KEY = memory.data(32);
const WORD = memory.data(32);
const ARGS = memory.data(ARGS_MAX);

export function user_entrypoint(len: u32): u32 {
  // Never grows anything. A module whose memory can grow must import this function.
  pay_for_memory_grow(0);
  msg_value(WORD);
  if (!isZero(WORD)) return REVERT;
  // Longer calldata is legal, but there is nothing in it for us, and read_args always writes all of it.
  if (len < 4 || len > ARGS_MAX) return REVERT;
  read_args(ARGS);

  const selector = bswap(load<u32>(ARGS));
  if (selector == PRICE) return price();
  if (selector == SET_PRICE && len == ARGS_MAX) return store256(ARGS + 4);
  return REVERT;
}

function price(): u32 {
  storage_load_bytes32(KEY, WORD);
  write_result(WORD, 32);
  return OK;
}

function store256(value: usize): u32 {
  storage_cache_bytes32(KEY, value);
  storage_flush_cache(0);
  return OK;
}

function isZero(word: usize): bool {
  return (load<u64>(word) | load<u64>(word + 8) | load<u64>(word + 16) | load<u64>(word + 24)) == 0;
}
