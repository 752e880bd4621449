//! Runs a function of a contract.
//!
//! Each step is paid before it is done, and there are no more steps than the program has. What the host does for a step,
//! storage and calls, it charges itself.

use crate::{
    convention::{Call, write_results},
    fault::{Code, Failure},
    program::{Callee, Operator, Program, Step},
    store::{name_in, program_key},
};
use hexapla_primitives::{Bytes, FaultKind, U256};
use hexapla_vm::{CallKind, CallRequest, Frame, Host};

/// Gas of a step.
const STEP_GAS: u64 = 5;
/// Gas of reading a byte of a program or of a call.
const BYTE_GAS: u64 = 2;
/// Where a contract keeps its word.
const WORD: U256 = U256::ZERO;

/// Runs what a frame calls, and gives what it returns.
///
/// # Errors
///
/// Why the call failed.
pub fn run(frame: &Frame, host: &mut dyn Host) -> Result<Bytes, Failure> {
    if !frame.value.is_zero() {
        return Err(Failure::of_kind(FaultKind::Border, "a calc contract takes no coin with a call"));
    }
    host.charge(price(&frame.input))?;
    let call = Call::read(&frame.input).ok_or(Code::MalformedCall)?;
    let program = load(&frame.code.bytes, host)?;
    let function = program.function(&call.function).ok_or(Code::NoSuchFunction)?;
    if call.arguments.len() > function.inputs {
        return Err(Code::MalformedCall.into());
    }
    let mut stack = Stack(call.arguments);
    for step in &function.steps {
        host.charge(STEP_GAS)?;
        take(step, &mut stack, host)?;
    }
    Ok(write_results(&stack.0))
}

/// Gas of reading these bytes.
pub(crate) fn price(bytes: &[u8]) -> u64 {
    BYTE_GAS.saturating_mul(u64::try_from(bytes.len()).unwrap_or(u64::MAX))
}

/// The program that a contract's code names. An object that is not a program stands there only if this code has changed.
fn load(code: &[u8], host: &mut dyn Host) -> Result<Program, Failure> {
    let invalid = |message: String| Failure::of_kind(FaultKind::InvalidCode, message);
    let name = name_in(code).ok_or_else(|| invalid("the code does not name a calc contract".to_owned()))?;
    let shown = String::from_utf8_lossy(name);
    let text = host.object(&program_key(name))?;
    let text = text.ok_or_else(|| invalid(format!("the contract {shown} has no program")))?;
    host.charge(price(&text))?;
    Program::parse(&text).map_err(|error| invalid(format!("the contract {shown} cannot run: {error}")))
}

/// The numbers of a running function. It cannot grow beyond what the steps of a program leave.
struct Stack(Vec<u64>);

impl Stack {
    fn pop(&mut self) -> Result<u64, Failure> {
        self.0.pop().ok_or_else(|| Code::StackEmpty.into())
    }

    fn push(&mut self, number: u64) {
        self.0.push(number);
    }
}

fn take(step: &Step, stack: &mut Stack, host: &mut dyn Host) -> Result<(), Failure> {
    match step {
        Step::Push(number) => stack.push(*number),
        Step::Arithmetic(operator) => {
            let (right, left) = (stack.pop()?, stack.pop()?);
            stack.push(arithmetic(*operator, left, right)?);
        }
        Step::Get => {
            let word = host.load_word(WORD)?;
            stack.push(u64::try_from(word).map_err(|_| Code::Overflow)?);
        }
        Step::Put => {
            let number = stack.pop()?;
            host.store_word(WORD, U256::from(number))?;
        }
        Step::Call(callee) => match call(callee, stack.pop()?, host)? {
            Ended::Result(number) => stack.push(number),
            Ended::Failed { failure, .. } => return Err(failure),
        },
        Step::Try(callee) => match call(callee, stack.pop()?, host)? {
            Ended::Result(number) => [number, 0].into_iter().for_each(|number| stack.push(number)),
            Ended::Failed { number, .. } => [number, 1].into_iter().for_each(|number| stack.push(number)),
        },
    }
    Ok(())
}

fn arithmetic(operator: Operator, left: u64, right: u64) -> Result<u64, Code> {
    match operator {
        Operator::Add => left.checked_add(right).ok_or(Code::Overflow),
        Operator::Sub => left.checked_sub(right).ok_or(Code::Overflow),
        Operator::Mul => left.checked_mul(right).ok_or(Code::Overflow),
        Operator::Div => left.checked_div(right).ok_or(Code::DivisionByZero),
    }
}

/// How a call of another contract ended.
enum Ended {
    /// With this number.
    Result(u64),
    /// With a failure: its number as this VM's contracts get it, and what it is where it is passed on.
    Failed { number: u64, failure: Failure },
}

impl Ended {
    fn own(code: Code) -> Self {
        Self::Failed { number: code.number(), failure: code.into() }
    }
}

/// Calls a contract of any VM. The call is BCS; the border puts it into the callee's ABI.
fn call(callee: &Callee, argument: u64, host: &mut dyn Host) -> Result<Ended, Failure> {
    // A call of an account without code succeeds, as in the EVM; here it is a mistake.
    if host.code(callee.contract)?.bytes.is_empty() {
        return Ok(Ended::own(Code::NoContract));
    }
    let request = CallRequest::new(CallKind::Call, callee.contract, write_call(callee, argument));
    let outcome = host.call(request)?;
    if outcome.success {
        return Ok(read_result(&outcome.output).map_or_else(Ended::own, Ended::Result));
    }
    let number = <[u8; 8]>::try_from(&outcome.output[..]).map_or(0, u64::from_le_bytes);
    let failure = outcome.fault.map_or(Failure::Own(Code::UnreadableResult), Failure::Callee);
    Ok(Ended::Failed { number, failure })
}

fn write_call(callee: &Callee, argument: u64) -> Bytes {
    let mut call = vec![u8::try_from(callee.function.len()).unwrap_or(u8::MAX)];
    call.extend(callee.function.as_bytes());
    match callee.is_wide {
        true => call.extend(U256::from(argument).to_le_bytes::<32>()),
        false => call.extend(argument.to_le_bytes()),
    }
    call.into()
}

/// The number that a callee returned; 0 where it returned nothing.
fn read_result(output: &[u8]) -> Result<u64, Code> {
    if output.is_empty() {
        return Ok(0);
    }
    if let Ok(number) = <[u8; 8]>::try_from(output) {
        return Ok(u64::from_le_bytes(number));
    }
    let word = <[u8; 32]>::try_from(output).map_err(|_| Code::UnreadableResult)?;
    u64::try_from(U256::from_le_bytes(word)).map_err(|_| Code::Overflow)
}
