//! Names of accounts beside the state in a database file.

use super::names::Names;
use crate::problem::Result;
use hexapla_primitives::Address;
use hexapla_store::{Batch, KvStore, Table};
use hexapla_toolkit::Toolkits;

/// Name → address. Not part of the state: it says only what people called the accounts.
const NAMES: Table = Table("cli/names");

/// Writes all names.
pub fn write(store: &dyn KvStore, names: &Names) -> Result<()> {
    let mut batch = Batch::default();
    for (name, address) in names.iter() {
        batch.put(NAMES, name, address.to_vec());
    }
    Ok(store.write(batch)?)
}

/// Reads what was written; rows that are no addresses are skipped.
pub fn read(store: &dyn KvStore, toolkits: Toolkits) -> Result<Names> {
    let mut names = Names::new(toolkits);
    store.snapshot()?.scan_prefix(NAMES, &[], &mut |name, address| {
        if let (Ok(name), Ok(address)) = (std::str::from_utf8(name), Address::try_from(address)) {
            names.add(name, address);
        }
        true
    })?;
    Ok(names)
}
