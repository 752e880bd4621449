//! Whole transactions.

use super::*;
use protosol::protos::{
    BlockhashQueueEntry, CompiledInstruction, FeeDetails, MessageAddressTableLookup, MessageHeader,
    SanitizedTransaction, TransactionMessage, TxnBank,
};
use solana_nonce::{
    state::{Data, DurableNonce, State},
    versions::Versions,
};
use solana_pubkey::Pubkey;

/// Lamports of a wallet, enough for rent, and the fee of one signature.
const WEALTH: u64 = 10_000_000;
const FEE: u64 = 5_000;
/// The recent blockhashes, oldest first.
const OLDER: [u8; 32] = [0xb0; 32];
const NEWEST: [u8; 32] = [0xb1; 32];
/// How old a recent blockhash can be, in blocks; the newest has the age 0.
const AGE_MAX: usize = 150;
/// `TransactionError` and `InstructionError` as fixtures count them: one more than in bincode.
const BLOCKHASH_NOT_FOUND: u32 = 8;
const PROGRAM_ACCOUNT_NOT_FOUND: u32 = 4;
const INSTRUCTION_ERROR: u32 = 9;
const INVALID_TABLE_OWNER: u32 = 25;
const INVALID_TABLE_DATA: u32 = 26;
const CUSTOM: u32 = 26;

/// A transaction that the first key signs.
fn case(message: TransactionMessage, accounts: Vec<AcctState>, output: TxnResult) -> Case {
    let entry = |blockhash: [u8; 32]| BlockhashQueueEntry { blockhash: blockhash.into(), lamports_per_signature: FEE };
    let bank = TxnBank { blockhash_queue: vec![entry(OLDER), entry(NEWEST)], ..TxnBank::default() };
    let tx = SanitizedTransaction { message: Some(message), ..SanitizedTransaction::default() };
    let input = TxnContext { tx: Some(tx), account_shared_data: accounts, bank: Some(bank) };
    let metadata = metadata("sol_compat_txn_execute_v1");
    Case::Transaction(TxnFixture { metadata, input: Some(input), output: Some(output) })
}

/// A message of these keys, of which the last `read_only` are read only.
fn message(keys: &[[u8; 32]], read_only: u32, instructions: Vec<CompiledInstruction>) -> TransactionMessage {
    TransactionMessage {
        header: Some(MessageHeader {
            num_required_signatures: 1,
            num_readonly_signed_accounts: 0,
            num_readonly_unsigned_accounts: read_only,
        }),
        account_keys: keys.iter().map(|key| key.to_vec()).collect(),
        recent_blockhash: OLDER.into(),
        instructions,
        ..TransactionMessage::default()
    }
}

fn pay(program: u32, to: u32, lamports: u64) -> CompiledInstruction {
    let data = [&2u32.to_le_bytes()[..], &lamports.to_le_bytes()].concat();
    CompiledInstruction { program_id_index: program, accounts: vec![0, to], data }
}

fn wallet(key: [u8; 32], lamports: u64) -> AcctState {
    account(key, lamports, SYSTEM, &[])
}

fn paid(units: u64) -> TxnResult {
    let fee_details = Some(FeeDetails { transaction_fee: FEE, prioritization_fee: 0 });
    TxnResult { executed: true, is_ok: true, executed_units: units, fee_details, ..TxnResult::default() }
}

/// The failure of the instruction at 0.
fn failed(error: u32, code: u32, units: u64, payer: AcctState) -> TxnResult {
    TxnResult {
        is_ok: false,
        status: INSTRUCTION_ERROR,
        instruction_error: error,
        custom_error: code,
        rollback_accounts: vec![payer],
        ..paid(units)
    }
}

fn refused(status: u32) -> TxnResult {
    TxnResult { sanitization_error: true, status, ..TxnResult::default() }
}

/// A wallet pays another.
pub(crate) fn transfer(lamports: u64) -> Case {
    let output = TxnResult {
        modified_accounts: vec![wallet(PAYER, WEALTH - FEE - lamports), wallet(PAYEE, WEALTH + lamports)],
        ..paid(SYSTEM_UNITS)
    };
    let message = message(&[PAYER, PAYEE, SYSTEM], 1, vec![pay(2, 1, lamports)]);
    case(message, vec![wallet(PAYER, WEALTH), wallet(PAYEE, WEALTH)], output)
}

/// The same in the form of 2024: accounts in the message, a queue of bare hashes, the slot of its own.
pub(super) fn transfer_of_2024() -> Case {
    use super::earlier::{field, fixture};
    let Case::Transaction(TxnFixture { input: Some(input), output: Some(mut output), .. }) = transfer(400) else {
        panic!("a transaction")
    };
    let states = |states: &[AcctState], number| -> Vec<u8> {
        states.iter().flat_map(|state| field(number, &state.encode_to_vec())).collect()
    };
    let message = input.tx.unwrap().message.unwrap().encode_to_vec();
    let tx = field(1, &[message, states(&input.account_shared_data, 4)].concat());
    let slot = [&[1u8 << 3 | 1][..], &20u64.to_le_bytes()].concat();
    let epoch = field(1, &FeatureSet::default().encode_to_vec());
    let parts = [field(1, &tx), field(3, &OLDER), field(3, &NEWEST), field(4, &epoch), field(5, &slot)];
    let resulting = field(3, &states(&std::mem::take(&mut output.modified_accounts), 1));
    fixture("sol_compat_txn_execute_v1", &parts.concat(), &[output.encode_to_vec(), resulting].concat())
}

/// The payer pays the fee all the same.
pub(super) fn transfer_too_much() -> Case {
    transfer(400).transaction(|input, output| {
        input.tx.as_mut().unwrap().message.as_mut().unwrap().instructions = vec![pay(2, 1, WEALTH)];
        *output = failed(CUSTOM, 1, SYSTEM_UNITS, wallet(PAYER, WEALTH - FEE));
    })
}

/// No recent block has the blockhash that the message names.
pub(super) fn too_old() -> Case {
    transfer(400).transaction(|input, output| {
        input.tx.as_mut().unwrap().message.as_mut().unwrap().recent_blockhash = vec![7; 32];
        *output = refused(BLOCKHASH_NOT_FOUND);
    })
}

/// The message's blockhash has this age.
fn of_age(age: usize) -> Case {
    transfer(400).transaction(|input, _| {
        let queue = &mut input.bank.as_mut().unwrap().blockhash_queue;
        let newest = queue.pop().unwrap();
        queue.extend(vec![newest; age]);
    })
}

pub(super) fn of_the_greatest_age() -> Case {
    of_age(AGE_MAX)
}

pub(super) fn of_a_greater_age() -> Case {
    of_age(AGE_MAX + 1).transaction(|_, output| *output = refused(BLOCKHASH_NOT_FOUND))
}

fn nonce(durable: DurableNonce) -> AcctState {
    let state = State::Initialized(Data::new(Pubkey::new_from_array(PAYER), durable, FEE));
    account(STATE, WEALTH, SYSTEM, &bincode::serialize(&Versions::new(state)).unwrap())
}

/// A transaction whose blockhash is that of a nonce account fails: the nonce is advanced all the same.
pub(super) fn nonce_fails() -> Case {
    let hash = |bytes: [u8; 32]| DurableNonce::from_blockhash(&bytes.into());
    let recent = solana_sdk_ids::sysvar::recent_blockhashes::ID.to_bytes();
    let advance = CompiledInstruction { program_id_index: 4, accounts: vec![1, 3, 0], data: 4u32.to_le_bytes().into() };
    let mut message = message(&[PAYER, STATE, PAYEE, recent, SYSTEM], 2, vec![advance, pay(4, 2, WEALTH)]);
    message.recent_blockhash = hash([9; 32]).as_hash().to_bytes().into();
    let mut output = failed(CUSTOM, 1, 2 * SYSTEM_UNITS, wallet(PAYER, WEALTH - FEE));
    output.instruction_error_index = 1;
    output.rollback_accounts.push(nonce(hash(NEWEST)));
    case(message, vec![wallet(PAYER, WEALTH), nonce(hash([9; 32]))], output)
}

/// The payee stands in a lookup table: 56 bytes, then its keys.
pub(super) fn lookup_table() -> Case {
    let mut table = vec![0; 56];
    table[0] = 1;
    table[4..12].fill(0xff);
    table.extend(PAYEE);
    let owner = solana_sdk_ids::address_lookup_table::ID.to_bytes();
    with_table(account(STATE, WEALTH, owner, &table))
}

/// Behind the key of the payee begins another.
pub(super) fn lookup_table_with_part_of_a_key() -> Case {
    lookup_table().transaction(|input, output| {
        input.account_shared_data[2].data.push(0);
        *output = refused(INVALID_TABLE_DATA);
    })
}

/// Whether somebody may change the table is neither true nor false.
pub(super) fn lookup_table_of_a_strange_authority() -> Case {
    lookup_table().transaction(|input, output| {
        input.account_shared_data[2].data[21] = 2;
        *output = refused(INVALID_TABLE_DATA);
    })
}

/// A wallet is no table, but it is there.
pub(super) fn wallet_as_lookup_table() -> Case {
    with_table(wallet(STATE, WEALTH)).transaction(|_, output| *output = refused(INVALID_TABLE_OWNER))
}

/// The payee is the first key of the table.
fn with_table(table: AcctState) -> Case {
    transfer(400).transaction(|input, _| {
        input.account_shared_data.push(table);
        let message = input.tx.as_mut().unwrap().message.as_mut().unwrap();
        message.account_keys.remove(1);
        message.instructions = vec![pay(1, 2, 400)];
        message.address_table_lookups = vec![MessageAddressTableLookup {
            account_key: STATE.into(),
            writable_indexes: vec![0],
            readonly_indexes: Vec::new(),
        }];
    })
}

/// A signature check that fails. It costs the price of a signature.
fn ed25519(output: TxnResult) -> Case {
    let Case::Instruction(InstrFixture { input: Some(check), .. }) = super::ed25519_of_another_message() else {
        panic!("an instruction")
    };
    let check = CompiledInstruction { program_id_index: 1, accounts: Vec::new(), data: check.data };
    let program = solana_sdk_ids::ed25519_program::ID.to_bytes();
    case(message(&[PAYER, program], 1, vec![check]), vec![wallet(PAYER, WEALTH)], output)
}

/// Before `move_precompile_verification_to_svm` such a transaction was refused. The code was not recorded.
pub(super) fn ed25519_is_refused() -> Case {
    ed25519(TxnResult { instruction_error: CUSTOM, ..refused(INSTRUCTION_ERROR) })
}

/// Since then it is charged. `PrecompileError::InvalidSignature` is 2.
pub(super) fn ed25519_is_charged() -> Case {
    let fee_details = Some(FeeDetails { transaction_fee: 2 * FEE, prioritization_fee: 0 });
    let output = TxnResult { fee_details, ..failed(CUSTOM, 2, 0, wallet(PAYER, WEALTH - 2 * FEE)) };
    ed25519(output).transaction(|input, _| {
        let key = agave_feature_set::move_precompile_verification_to_svm::ID.to_bytes();
        let id = u64::from_le_bytes(key[..8].try_into().unwrap());
        input.bank.as_mut().unwrap().features = Some(FeatureSet { features: vec![id] });
    })
}

/// Before SIMD-0082 a transaction whose program does not exist was refused.
pub(super) fn no_program() -> Case {
    let call = CompiledInstruction { program_id_index: 1, accounts: Vec::new(), data: Vec::new() };
    case(message(&[PAYER, ACTOR], 1, vec![call]), vec![wallet(PAYER, WEALTH)], refused(PROGRAM_ACCOUNT_NOT_FOUND))
}

/// The actor stores the word 7 at 1, loads it and returns it. Its units are as observed.
pub(super) fn counter() -> Case {
    let Case::Instruction(InstrFixture { input: Some(input), output: Some(effects), .. }) = super::counter() else {
        panic!("an instruction")
    };
    let call = CompiledInstruction { program_id_index: 2, accounts: vec![1], data: input.data };
    let states = input.accounts.into_iter().chain([wallet(PAYER, WEALTH)]).collect();
    let output = TxnResult {
        return_data: effects.return_data,
        modified_accounts: [effects.modified_accounts, vec![wallet(PAYER, WEALTH - FEE)]].concat(),
        ..paid(1_398)
    };
    case(message(&[PAYER, STATE, ACTOR], 1, vec![call]), states, output)
}
