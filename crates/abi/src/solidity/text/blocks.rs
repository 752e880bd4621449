//! The interfaces of a source file, and what each declares.

use std::collections::{BTreeMap, BTreeSet};

use super::tokens::{Tokens, is_word};
use crate::error::InterfaceError;

/// An interface, a contract or a library, or what stands outside of all.
#[derive(Clone, Debug, Default)]
pub(in crate::solidity) struct Block<'t> {
    pub(in crate::solidity) kind: &'t str,
    pub(in crate::solidity) name: String,
    /// The names behind `is`.
    bases: Vec<&'t str>,
    /// Functions, events, errors and the like.
    pub(in crate::solidity) declarations: Vec<Tokens<'t>>,
}

/// A named type.
#[derive(Clone, Debug)]
pub(in crate::solidity) enum Named<'t> {
    /// The fields, as they are declared.
    Struct(Tokens<'t>),
    Enum,
    /// `type X is uint256`.
    Value(Tokens<'t>),
}

/// A source file.
#[derive(Debug, Default)]
pub(in crate::solidity) struct File<'t> {
    outside: Block<'t>,
    blocks: Vec<Block<'t>>,
    block_names: BTreeSet<String>,
    /// By the block's name (empty outside of all) and the type's.
    pub(in crate::solidity) types: BTreeMap<String, BTreeMap<&'t str, Named<'t>>>,
}

impl<'t> File<'t> {
    pub(in crate::solidity) fn read(tokens: &Tokens<'t>) -> Result<Self, String> {
        let mut file = Self::default();
        let mut tokens = tokens.clone();
        while let Some(word) = tokens.peek() {
            match word {
                "interface" | "contract" | "library" => {
                    let block = file.block(&mut tokens)?;
                    file.block_names.insert(block.name.clone());
                    file.blocks.push(block);
                }
                "abstract" => drop(tokens.next()),
                "pragma" | "import" | "using" => drop(tokens.skip_declaration()?),
                _ => file.member(&mut tokens, None)?,
            }
        }
        if file.blocks.is_empty() && file.outside.declarations.is_empty() {
            return Err("it declares no interface and no function".to_owned());
        }
        Ok(file)
    }

    fn block(&mut self, tokens: &mut Tokens<'t>) -> Result<Block<'t>, String> {
        let kind = tokens.next().unwrap_or_default();
        let name = tokens.next().filter(|name| is_word(name)).ok_or_else(|| format!("a {kind} has no name"))?;
        let mut block = Block { kind, name: name.to_owned(), ..Block::default() };
        while let Some(word) = tokens.peek().filter(|word| *word != "{") {
            match word {
                "(" => drop(tokens.skip_group()?),
                word => {
                    tokens.next();
                    block.bases.extend(Some(word).filter(|word| is_word(word) && *word != "is"));
                }
            }
        }
        if tokens.peek().is_none() {
            return Err(format!("the {kind} {name} has no body"));
        }
        let mut body = tokens.skip_group()?;
        while body.peek().is_some() {
            self.member(&mut body, Some(&mut block))?;
        }
        Ok(block)
    }

    /// Reads a declaration inside or outside of a block.
    fn member(&mut self, tokens: &mut Tokens<'t>, block: Option<&mut Block<'t>>) -> Result<(), String> {
        let of = block.as_ref().map(|block| block.name.clone()).unwrap_or_default();
        match tokens.first() {
            "struct" | "enum" => {
                let kind = tokens.next().unwrap_or_default();
                let name = tokens.next().filter(|name| is_word(name)).ok_or_else(|| format!("a {kind} has no name"))?;
                if tokens.peek() != Some("{") {
                    return Err(format!("the {kind} {name} has no body"));
                }
                let body = tokens.skip_group()?;
                let named = if kind == "struct" { Named::Struct(body) } else { Named::Enum };
                self.types.entry(of).or_default().insert(name, named);
                tokens.eat(";");
            }
            "type" => {
                let mut value = tokens.skip_declaration()?;
                value.next();
                let name = value.next().ok_or("a type has no name")?;
                value.expect("is")?;
                self.types.entry(of).or_default().insert(name, Named::Value(value));
            }
            ";" => drop(tokens.next()),
            "}" | ")" | "]" => return Err("a bracket is closed that was not opened".to_owned()),
            "function" | "event" | "error" | "constructor" | "fallback" | "receive" => {
                let declaration = tokens.skip_declaration()?;
                block.unwrap_or(&mut self.outside).declarations.push(declaration);
            }
            // Variables, modifiers and the like.
            _ if block.is_some() => drop(tokens.skip_declaration()?),
            other => {
                let other = crate::text::quote(&crate::text::shorten(other, 40));
                return Err(format!("{other} begins no declaration of Solidity"));
            }
        }
        Ok(())
    }

    /// The block that is meant.
    pub(in crate::solidity) fn chosen(&self, name: Option<&str>) -> Result<&Block<'t>, InterfaceError> {
        let names = || self.blocks.iter().map(|block| block.name.clone()).collect::<Vec<_>>();
        if let Some(name) = name {
            let found = self.blocks.iter().find(|block| block.name == name);
            return found.ok_or_else(|| InterfaceError::Which { wanted: Some(name.to_owned()), names: names() });
        }
        let inherited = self.blocks.iter().flat_map(|block| &block.bases).copied().collect::<BTreeSet<_>>();
        let mut last = self.blocks.iter().filter(|block| !inherited.contains(block.name.as_str()));
        match (last.next(), last.next()) {
            (None, _) if self.blocks.is_empty() => Ok(&self.outside),
            (Some(only), None) => Ok(only),
            _ => Err(InterfaceError::Which { wanted: None, names: names() }),
        }
    }

    /// A block and what it inherits, each once.
    pub(in crate::solidity) fn lineage<'f>(&'f self, block: &'f Block<'t>) -> Vec<&'f Block<'t>> {
        let by_name = self.blocks.iter().map(|block| (block.name.as_str(), block)).collect::<BTreeMap<_, _>>();
        let mut seen = BTreeSet::from([block.name.as_str()]);
        let mut lineage = vec![block];
        let mut next = 0;
        while let Some(block) = lineage.get(next).copied() {
            let bases = block.bases.iter().filter(|base| seen.insert(base));
            lineage.extend(bases.filter_map(|base| by_name.get(base).copied()));
            next += 1;
        }
        lineage
    }

    /// Whether a block has this name.
    pub(in crate::solidity) fn has_block(&self, name: &str) -> bool {
        self.block_names.contains(name)
    }
}
