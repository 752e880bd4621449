//! Parameters and types of Solidity's source as the JSON ABI writes them.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::{
    blocks::{File, Named},
    tokens::{Tokens, is_word},
};
use crate::{
    text::{quote, shorten},
    types::MAX_TYPE_DEPTH,
};

/// Parts that the types of one source may have together, once everything they name is written out.
const PARTS_MAX: usize = 1 << 16;
/// Words that may stand between a type and a name.
const PLACES: [&str; 5] = ["memory", "calldata", "storage", "payable", "indexed"];

/// Where a declaration stands.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::solidity) struct Scope<'s> {
    /// The name of the interface; empty outside of all.
    pub(in crate::solidity) contract: &'s str,
    pub(in crate::solidity) is_library: bool,
}

/// The types of a source.
#[derive(Debug)]
pub(in crate::solidity) struct Types<'f> {
    file: Option<&'f File<'f>>,
    /// Where the only type of a name is defined; `None` where there are several.
    homes: BTreeMap<&'f str, Option<&'f str>>,
    parts_left: usize,
}

impl Default for Types<'_> {
    fn default() -> Self {
        Self { file: None, homes: BTreeMap::new(), parts_left: PARTS_MAX }
    }
}

impl<'f> Types<'f> {
    pub(in crate::solidity) fn new(file: &'f File<'f>) -> Self {
        let mut homes = BTreeMap::new();
        for (of, name) in file.types.iter().flat_map(|(of, types)| types.keys().map(move |name| (of.as_str(), *name))) {
            homes.entry(name).and_modify(|home| *home = None).or_insert(Some(of));
        }
        Self { file: Some(file), homes, ..Self::default() }
    }

    /// `(address owner, uint256[] calldata amounts)`.
    pub(in crate::solidity) fn params(
        &mut self,
        tokens: &mut Tokens<'_>,
        scope: &Scope<'_>,
    ) -> Result<Vec<Json>, String> {
        self.list(tokens, scope, 0)
    }

    fn list(&mut self, tokens: &mut Tokens<'_>, scope: &Scope<'_>, depth: usize) -> Result<Vec<Json>, String> {
        tokens.expect("(")?;
        let mut params = Vec::new();
        while !tokens.eat(")") {
            if !params.is_empty() {
                tokens.expect(",")?;
            }
            params.push(self.param(tokens, scope, depth)?);
        }
        Ok(params)
    }

    fn param(&mut self, tokens: &mut Tokens<'_>, scope: &Scope<'_>, depth: usize) -> Result<Json, String> {
        let mut param = self.ty(tokens, scope, depth)?;
        let mut indexed = false;
        while let Some(place) = tokens.peek().filter(|word| PLACES.contains(word)) {
            if place == "storage" {
                return Err("a parameter is a place in the caller's storage, which only a delegate call reaches".into());
            }
            indexed |= place == "indexed";
            tokens.next();
        }
        let name = tokens.peek().filter(|word| is_word(word)).unwrap_or_default();
        if !name.is_empty() {
            tokens.next();
        }
        if let Some(object) = param.as_object_mut() {
            object.insert("name".into(), name.into());
            object.insert("indexed".into(), indexed.into());
        }
        Ok(param)
    }

    /// A type: `type`, `components` and `internalType`.
    fn ty(&mut self, tokens: &mut Tokens<'_>, scope: &Scope<'_>, depth: usize) -> Result<Json, String> {
        if depth > MAX_TYPE_DEPTH {
            return Err(format!("types are nested deeper than {MAX_TYPE_DEPTH} levels"));
        }
        self.parts_left = self
            .parts_left
            .checked_sub(1)
            .ok_or_else(|| format!("the types of a source may have at most {PARTS_MAX} parts, written out in full"))?;
        let (mut ty, components, mut internal) = match tokens.peek() {
            Some("(") => ("tuple".to_owned(), Some(self.list(tokens, scope, depth + 1)?), String::new()),
            Some(word) if is_word(word) => {
                tokens.next();
                match word {
                    "tuple" => ("tuple".to_owned(), Some(self.list(tokens, scope, depth + 1)?), String::new()),
                    "mapping" | "function" => return Err(format!("a {word} cannot be read as a parameter")),
                    word => self.word(word, scope, depth)?,
                }
            }
            _ => return Err("a type is missing".to_owned()),
        };
        while tokens.eat("[") {
            let length = tokens.peek().filter(|word| is_word(word)).unwrap_or_default();
            if !length.is_empty() {
                tokens.next();
            }
            tokens.expect("]")?;
            let list = format!("[{length}]");
            ty.push_str(&list);
            internal.push_str(&list);
        }
        Ok(match components {
            Some(components) => json!({"type": ty, "components": components, "internalType": internal}),
            None => json!({"type": ty, "internalType": internal}),
        })
    }

    /// What a name stands for: the ABI's type, the fields of a struct, the words of the source.
    fn word(
        &mut self,
        word: &str,
        scope: &Scope<'_>,
        depth: usize,
    ) -> Result<(String, Option<Vec<Json>>, String), String> {
        let own = |kind: &str, of: &str, name: &str| match of {
            "" => format!("{kind} {name}"),
            of => format!("{kind} {of}.{name}"),
        };
        let Some((of, name, named)) = self.find(word, scope) else {
            let elementary = word.chars().next().is_some_and(|first| first.is_ascii_lowercase()) && !word.contains('.');
            return match self.file.is_some_and(|file| file.has_block(word)) {
                true if scope.is_library => Err(of_a_library()),
                true => Ok(("address".to_owned(), None, format!("contract {word}"))),
                // Whether it is a type is for the reader of the ABI to say.
                false if elementary => Ok((word.to_owned(), None, word.to_owned())),
                false => Err(format!("the source does not define the type {}", quote(&shorten(word, 80)))),
            };
        };
        if scope.is_library {
            return Err(of_a_library());
        }
        match named {
            Named::Enum => Ok(("uint8".to_owned(), None, own("enum", of, name))),
            Named::Value(mut tokens) => {
                let value = self.ty(&mut tokens, scope, depth + 1)?;
                let ty = value.get("type").and_then(Json::as_str).unwrap_or_default();
                Ok((ty.to_owned(), None, String::new()))
            }
            Named::Struct(mut tokens) => {
                let mut fields = Vec::new();
                let scope = Scope { contract: of, ..*scope };
                while tokens.peek().is_some() {
                    fields.push(self.param(&mut tokens, &scope, depth + 1)?);
                    tokens.expect(";")?;
                }
                Ok(("tuple".to_owned(), Some(fields), own("struct", of, name)))
            }
        }
    }

    /// The definition of `S`, in the interface itself or outside of all or in what it may inherit, or of `I.S`.
    fn find<'n>(&self, word: &'n str, scope: &Scope<'_>) -> Option<(&'f str, &'n str, Named<'f>)> {
        let file = self.file?;
        let get = |of: &str, name: &'n str| {
            let (of, types) = file.types.get_key_value(of)?;
            Some((of.as_str(), name, types.get(name)?.clone()))
        };
        if let Some((of, name)) = word.rsplit_once('.') {
            return get(of, name);
        }
        let elsewhere = || get(self.homes.get(word).copied().flatten()?, word);
        get(scope.contract, word).or_else(|| get("", word)).or_else(elsewhere)
    }
}

fn of_a_library() -> String {
    "it is of a library, whose selectors are made of the names of enums, structs and contracts; give an artefact with \
     `methodIdentifiers`"
        .to_owned()
}
