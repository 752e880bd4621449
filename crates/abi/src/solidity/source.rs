//! Interfaces from Solidity's source.

use super::{
    identifiers::Identifiers,
    json::Items,
    text::{Block, File, SOURCE_BYTES_MAX, Scope, Tokens, Types, declaration},
};
use crate::{error::InterfaceError, interface::Interface, text::escape};

impl Interface {
    /// Reads an interface from Solidity's source: one declaration after the other, or `interface` blocks, of which the one
    /// that no other inherits is meant, or the one of this name. What it inherits is a part of it.
    ///
    /// Items that cannot be used are listed in [`Interface::refused`].
    ///
    /// # Errors
    ///
    /// [`InterfaceError::Part`] for text that is no source of Solidity, [`InterfaceError::Which`] where several
    /// interfaces could be meant.
    pub fn from_solidity_source(text: &str, name: Option<&str>) -> Result<Self, InterfaceError> {
        let not_source = |reason| InterfaceError::Part { part: "the source".to_owned(), reason };
        let file = Tokens::new(text, SOURCE_BYTES_MAX).and_then(|tokens| File::read(&tokens)).map_err(not_source)?;
        let chosen = file.chosen(name)?;
        let mut items = Items::new(Identifiers::NONE);
        let mut types = Types::new(&file);
        for (index, block) in file.lineage(chosen).into_iter().enumerate() {
            read_block(block, index, &mut types, &mut items);
        }
        let mut interface = items.finish();
        interface.name = chosen.name.clone();
        Ok(interface)
    }
}

fn read_block(block: &Block<'_>, base: usize, types: &mut Types<'_>, items: &mut Items<'_>) {
    let scope = Scope { contract: &block.name, is_library: block.kind == "library" };
    // A constructor is no part of what others inherit.
    let declared = block.declarations.iter().filter(|declaration| base == 0 || declaration.first() != "constructor");
    for (index, tokens) in declared.enumerate() {
        let label = escape(&tokens.shown());
        match declaration(&mut tokens.clone(), types, &scope) {
            Ok(Some(item)) => items.read(index, &item),
            Ok(None) => {}
            Err(reason) => items.refuse(&format!("`{label}`"), reason),
        }
    }
}
