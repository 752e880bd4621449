//! Values for the parameters of a function.

use crate::{rng::Rng, scene::Scene};
use hexapla_abi::{Function, Type, Value};
use hexapla_primitives::{U256, VmId};

/// Arguments of a function; `None` where a type has no values here.
pub(crate) fn arguments(rng: &mut Rng, scene: &Scene, function: &Function) -> Option<Vec<Value>> {
    function.inputs.iter().map(|parameter| value(rng, scene, &parameter.ty)).collect()
}

fn value(rng: &mut Rng, scene: &Scene, ty: &Type) -> Option<Value> {
    let all = |rng: &mut Rng, count: u64, ty: &Type| -> Option<Vec<Value>> {
        (0..count).map(|_| value(rng, scene, ty)).collect()
    };
    Some(match ty {
        Type::Bool => Value::Bool(rng.one_in(2)),
        Type::Uint { bits: 8 } => {
            // Many bytes stand for a VM.
            let vms = [VmId::EVM.0, VmId::WASM.0, VmId::SVM.0, VmId::INTERFACE.0, VmId::IDENTITY.0];
            Value::uint(if rng.one_in(2) { *rng.pick(&vms) } else { rng.next() as u8 })
        }
        Type::Uint { bits } => Value::Uint(uint(rng, usize::from(*bits))),
        Type::Address => Value::Address(*rng.pick(&scene.callees)),
        Type::Bytes if rng.one_in(2) => Value::bytes(rng.pick(&scene.keys).to_bytes().to_vec()),
        Type::Bytes => Value::bytes(rng.bytes_below(70)),
        Type::FixedBytes(32) => Value::bytes(rng.pick(&scene.keys).to_bytes().to_vec()),
        Type::FixedBytes(length) => Value::bytes(vec![rng.next() as u8; *length]),
        Type::String => Value::string("text".repeat(rng.below(12) as usize)),
        Type::Array(inner) => {
            let count = rng.below(4);
            Value::Array(all(rng, count, inner)?)
        }
        Type::FixedArray(inner, count) => Value::Array(all(rng, *count as u64, inner)?),
        Type::Tuple(types) => Value::Tuple(types.iter().map(|ty| value(rng, scene, ty)).collect::<Option<_>>()?),
        Type::Struct { name, fields } => {
            let fields = fields.iter().map(|field| Some((field.name.clone(), value(rng, scene, &field.ty)?)));
            Value::Struct { name: name.clone(), fields: fields.collect::<Option<_>>()? }
        }
        Type::Option(_) if rng.one_in(2) => Value::Option(None),
        Type::Option(inner) => Value::Option(Some(Box::new(value(rng, scene, inner)?))),
        Type::Enum { name, variants } if !variants.is_empty() => {
            let variant = rng.pick(variants);
            let payload = Box::new(value(rng, scene, &variant.payload)?);
            Value::Enum { name: name.clone(), variant: variant.name.clone(), payload }
        }
        Type::Unit => Value::Unit,
        _ => return None,
    })
}

/// Small, large, or as it comes.
fn uint(rng: &mut Rng, bits: usize) -> U256 {
    let most = U256::MAX >> (256 - bits);
    match rng.below(4) {
        0 => U256::from(rng.below(3)),
        1 => U256::from(rng.below(2_000)) & most,
        2 => most,
        _ => U256::from(rng.next()) & most,
    }
}
