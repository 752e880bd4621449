//! A VM of your own beside the EVM, in one file: implement [`Vm`], register it in one line, and Solidity contracts call
//! its contracts. `cargo run -p hexapla --example plug_in_vm`
//!
//! The toy is a calculator for reverse Polish notation. Its contracts are programs like `3 * 1 +`, which get the call's
//! text as their first operand and remember their last result in storage.

use hexapla::{Chain, ChainConfig, Executor, VmSet};
use hexapla_primitives::{Address, Bytes, Fault, FaultKind, GasRate, NativeGas, U256, VmId, address};
use hexapla_testing::{Script, ScriptCall, contracts};
use hexapla_vm::{Exit, Fatal, Frame, FrameEnd, Host, HostError, HostResult, Reentrancy, Vm};
use std::error::Error;

/// Tags from 128 up are free for everybody.
const CALCULATOR: VmId = VmId(200);
/// Its code begins with 0xEF, so that no EVM contract can look like it.
const PREFIX: [u8; 3] = [0xEF, 0xCA, 0x1C];
const RATE: GasRate = GasRate { unit: "steps", per_gas: 2 };

struct Calculator;

impl Vm for Calculator {
    fn id(&self) -> VmId {
        CALCULATOR
    }

    fn gas_rate(&self) -> GasRate {
        RATE
    }

    fn reentrancy(&self) -> Reentrancy {
        Reentrancy::Allowed
    }

    fn owns(&self, code: &[u8]) -> bool {
        code.starts_with(&PREFIX)
    }

    fn activate(&self, code: &Bytes, _host: &mut dyn Host) -> HostResult<()> {
        match core::str::from_utf8(&code[PREFIX.len()..]) {
            Ok(_) => Ok(()),
            Err(_) => Err(HostError::fault(FaultKind::InvalidCode, "a calculator program is text")),
        }
    }

    fn run(&self, frame: &Frame, host: &mut dyn Host) -> Result<FrameEnd, Fatal> {
        let exit = match evaluate(frame, host) {
            Ok(result) => Exit::Return(result.to_be_bytes_vec().into()),
            Err(HostError::Fatal(fatal)) => return Err(fatal),
            Err(HostError::Fault { kind, message }) => {
                let (vm, contract) = (CALCULATOR, frame.code_address);
                Exit::Fault(Fault { vm, contract, kind, data: Bytes::new(), code: None, message: message.into() })
            }
        };
        let (gas_left, gas_used) = (host.gas_left(), frame.gas_limit - host.gas_left());
        let native_used = Some(NativeGas { amount: RATE.to_native(gas_used), unit: RATE.unit });
        Ok(FrameEnd { exit, gas_left, native_used })
    }
}

fn evaluate(frame: &Frame, host: &mut dyn Host) -> HostResult<U256> {
    let trap = |message: &'static str| HostError::fault(FaultKind::Trap, message);
    let input = String::from_utf8_lossy(&frame.input).into_owned();
    let program = String::from_utf8_lossy(&frame.code.bytes[PREFIX.len()..]).into_owned();
    let mut stack: Vec<U256> = Vec::new();
    for word in input.split_whitespace().chain(program.split_whitespace()) {
        host.charge(5)?;
        if let Ok(number) = word.parse() {
            stack.push(number);
            continue;
        }
        let (Some(right), Some(left)) = (stack.pop(), stack.pop()) else {
            return Err(trap("too few operands"));
        };
        let result = match word {
            "+" => left.checked_add(right),
            "*" => left.checked_mul(right),
            _ => return Err(trap("an operator that is neither + nor *")),
        };
        stack.push(result.ok_or_else(|| trap("a result of more than 256 bits"))?);
    }
    let result = stack.pop().ok_or_else(|| trap("an empty program"))?;
    host.store_word(U256::ZERO, result)?;
    Ok(result)
}

fn main() -> Result<(), Box<dyn Error>> {
    const ALICE: Address = address!("0x00000000000000000000000000000000000a11ce");
    let executor = Executor::new(ChainConfig::default(), VmSet::default().with(Calculator)?)?;
    let mut chain = Chain::in_memory(executor);
    chain.fund([(ALICE, U256::from(10).pow(U256::from(18)))])?;

    // Init code that returns the program: PUSH1 length, DUP1, PUSH1 11, PUSH1 0, CODECOPY, PUSH1 0, RETURN.
    let code = [PREFIX.as_slice(), b"3 * 1 +"].concat();
    let length = u8::try_from(code.len())?;
    let init_code = [&[0x60, length, 0x80, 0x60, 11, 0x60, 0, 0x39, 0x60, 0, 0xf3], code.as_slice()].concat();
    let calculator = chain.transact(chain.create(ALICE, init_code)?)?.receipt.created.ok_or("not deployed")?;
    let actor =
        chain.transact(chain.create(ALICE, contracts::evm("actor/Actor"))?)?.receipt.created.ok_or("not deployed")?;

    // A Solidity contract calls it with an ordinary CALL.
    let script = Script::new().call(ScriptCall::to(calculator, b"14".to_vec()));
    let receipt = chain.transact(chain.call(ALICE, actor, script)?)?.receipt;
    let crossing = receipt.crossings.first().ok_or("no crossing")?;
    println!("{} -> {}: 14 3 * 1 + = {}", crossing.from.vm, crossing.to.vm, U256::from_be_slice(&receipt.output));
    println!("{:?}, remembered: {}", crossing.native_used, chain.word(calculator, U256::ZERO)?);
    assert_eq!(chain.word(calculator, U256::ZERO)?, U256::from(43));
    Ok(())
}
