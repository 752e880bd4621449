//! Results of earlier steps, used later as `$name`, `$name.part` or `$name.part[2]`.

use crate::{
    nearest::did_you_mean,
    problem::{NOT_SAVED, Problem, Result},
};
use hexapla_abi::Tree;
use std::collections::BTreeMap;

/// What was saved, by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Saved(BTreeMap<String, Tree>);

impl Saved {
    pub(crate) fn insert(&mut self, name: &str, value: Tree) {
        self.0.insert(name.to_owned(), value);
    }

    /// Whether something has this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Puts a value, or nothing, in the place of what a name means, and gives that back.
    pub(crate) fn replace(&mut self, name: &str, value: Option<Tree>) -> Option<Tree> {
        match value {
            Some(value) => self.0.insert(name.to_owned(), value),
            None => self.0.remove(name),
        }
    }

    /// The value with all references in it replaced. `$$` at the beginning of a text stands for `$`.
    pub(crate) fn resolve(&self, tree: &Tree) -> Result<Tree> {
        match tree {
            Tree::String(text) => match text.strip_prefix('$') {
                Some(escaped) if escaped.starts_with('$') => Ok(Tree::String(escaped.to_owned())),
                Some(reference) => self.look_up(reference),
                None => Ok(tree.clone()),
            },
            Tree::Array(items) => items.iter().map(|item| self.resolve(item)).collect(),
            Tree::Object(fields) => fields.iter().map(|(key, value)| Ok((key.clone(), self.resolve(value)?))).collect(),
            other => Ok(other.clone()),
        }
    }

    fn look_up(&self, reference: &str) -> Result<Tree> {
        let (name, path) = reference.split_at(reference.find(['.', '[']).unwrap_or(reference.len()));
        let value = self.0.get(name).ok_or_else(|| {
            Problem::new(NOT_SAVED, format!("nothing was saved as `{name}`"))
                .with_help(did_you_mean(name, self.0.keys().map(String::as_str)))
        })?;
        follow(value, path).cloned().ok_or_else(|| {
            Problem::new(NOT_SAVED, format!("`{name}` has no part `{path}`")).with_help(parts_of(name, value))
        })
    }
}

/// The part of a value at a path such as `.storage_proof[0][2]`.
fn follow<'t>(value: &'t Tree, path: &str) -> Option<&'t Tree> {
    value.pointer(&pointer(path)?)
}

/// The same, to change it.
pub(crate) fn follow_mut<'t>(value: &'t mut Tree, path: &str) -> Option<&'t mut Tree> {
    value.pointer_mut(&pointer(path)?)
}

/// `.a[0].b` as a JSON pointer, `/a/0/b`.
fn pointer(path: &str) -> Option<String> {
    let mut pointer = String::new();
    for part in path.split('.').filter(|part| !part.is_empty()) {
        let (key, indexes) = part.split_at(part.find('[').unwrap_or(part.len()));
        if !key.is_empty() {
            pointer.push('/');
            pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
        }
        for index in indexes.split('[').skip(1) {
            pointer.push('/');
            pointer.push_str(index.strip_suffix(']')?);
        }
    }
    Some(pointer)
}

pub(crate) fn parts_of(name: &str, value: &Tree) -> String {
    match value {
        Tree::Object(fields) => {
            let parts = fields.keys().map(|key| format!("`{name}.{key}`")).collect::<Vec<_>>();
            format!("it has {}", parts.join(", "))
        }
        Tree::Array(items) => format!("it is a list of {}; the first is `{name}[0]`", items.len()),
        _ => "it is a single value without parts".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn references_reach_into_what_was_saved_and_say_what_is_missing() {
        let mut saved = Saved::default();
        saved.insert("p", json!({"root": "0x1", "proof": [["0x2", "0x3"]]}));
        assert_eq!(saved.resolve(&json!(["$p.root", "$p.proof[0][1]", "$$p"])).unwrap(), json!(["0x1", "0x3", "$p"]));
        let missing = |text: &str| saved.resolve(&json!(text)).unwrap_err().to_string();
        assert_eq!(missing("$q"), "nothing was saved as `q`");
        assert_eq!(missing("$p.proof[0][2]"), "`p` has no part `.proof[0][2]`");
        assert_eq!(missing("$p.proof[0"), "`p` has no part `.proof[0`");
    }
}
