//! The part of the Stylus host interface that the actor uses.
//!
//! Words are 32 bytes big-endian, addresses 20 bytes; every pointer is an offset into the linear memory.

#[link(wasm_import_module = "vm_hooks")]
extern "C" {
    pub fn account_balance(address: *const u8, dest: *mut u8);
    pub fn account_code_size(address: *const u8) -> u32;
    pub fn account_codehash(address: *const u8, dest: *mut u8);
    pub fn block_basefee(dest: *mut u8);
    pub fn block_coinbase(dest: *mut u8);
    pub fn block_gas_limit() -> u64;
    pub fn block_number() -> u64;
    pub fn block_timestamp() -> u64;
    /// Status 0 is success. `gas` is a cap in EVM gas, `u64::MAX` means all there is.
    pub fn call_contract(
        to: *const u8,
        data: *const u8,
        len: usize,
        value: *const u8,
        gas: u64,
        return_len: *mut usize,
    ) -> u32;
    pub fn chainid() -> u64;
    pub fn contract_address(dest: *mut u8);
    /// The new address, or twenty zero bytes when the creation failed.
    pub fn create1(code: *const u8, len: usize, endowment: *const u8, dest: *mut u8, revert_len: *mut usize);
    pub fn delegate_call_contract(
        to: *const u8,
        data: *const u8,
        len: usize,
        gas: u64,
        return_len: *mut usize,
    ) -> u32;
    /// `data` starts with the topics.
    pub fn emit_log(data: *const u8, len: usize, topics: usize);
    pub fn evm_gas_left() -> u64;
    pub fn msg_reentrant() -> u32;
    pub fn msg_sender(dest: *mut u8);
    pub fn msg_value(dest: *mut u8);
    pub fn native_keccak256(data: *const u8, len: usize, dest: *mut u8);
    pub fn pay_for_memory_grow(pages: u32);
    pub fn read_args(dest: *mut u8);
    pub fn read_return_data(dest: *mut u8, offset: usize, size: usize) -> usize;
    pub fn static_call_contract(
        to: *const u8,
        data: *const u8,
        len: usize,
        gas: u64,
        return_len: *mut usize,
    ) -> u32;
    pub fn storage_cache_bytes32(key: *const u8, value: *const u8);
    pub fn storage_flush_cache(clear: u32);
    pub fn storage_load_bytes32(key: *const u8, dest: *mut u8);
    pub fn transient_load_bytes32(key: *const u8, dest: *mut u8);
    pub fn transient_store_bytes32(key: *const u8, value: *const u8);
    pub fn tx_gas_price(dest: *mut u8);
    pub fn tx_origin(dest: *mut u8);
    pub fn write_result(data: *const u8, len: usize);
}
