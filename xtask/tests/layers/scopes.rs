//! Which file a path leads to: through modules, imports and re-exports to where the name is defined.

use crate::modules::{Import, Module, Modules};
use std::collections::{BTreeMap, BTreeSet};

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Target {
    Module(usize),
    /// Something that this module defines.
    ItemOf(usize),
}

/// Each file with the files that it needs, and the names that it needs of them.
pub(crate) type Needs = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// Names that are being looked for, since re-exports may go in circles.
type Sought = BTreeSet<(usize, String)>;

impl Modules {
    /// The files that each file needs names of, with these names.
    pub(crate) fn needs(&self) -> Needs {
        let mut needs = Needs::new();
        for (index, module) in self.0.iter().enumerate() {
            let of_file = needs.entry(module.file.clone()).or_default();
            let imported = module.imports.iter().flat_map(|import| self.imported(index, module, import));
            let mentioned = module
                .paths
                .iter()
                .filter_map(|path| Some((path.join("::"), self.resolve(index, path, &mut Sought::new())?)));
            for (name, target) in imported.chain(mentioned) {
                let Target::ItemOf(other) = target else { continue };
                let other = &self.0[other].file;
                if *other != module.file {
                    of_file.entry(other.clone()).or_default().insert(name);
                }
            }
        }
        needs
    }

    /// What an import brings that its module uses itself, by name.
    fn imported(&self, index: usize, module: &Module, import: &Import) -> Vec<(String, Target)> {
        let Some(target) = self.resolve(index, &import.path, &mut Sought::new()) else { return Vec::new() };
        match (&import.name, target) {
            (Some(name), target) if !import.visible || module.mentions.contains(name) => vec![(name.clone(), target)],
            (None, Target::Module(from)) => {
                let look_up = |name: &String| Some((name.clone(), self.look_up(from, name, true, &mut Sought::new())?));
                module.mentions.iter().filter_map(look_up).collect()
            }
            (None, target) => vec![("*".to_owned(), target)],
            _ => Vec::new(),
        }
    }

    fn resolve(&self, index: usize, path: &[String], sought: &mut Sought) -> Option<Target> {
        let (first, rest) = path.split_first()?;
        let mut target = match first.as_str() {
            "crate" => Target::Module(0),
            "self" => Target::Module(index),
            "super" => Target::Module(self.0[index].parent?),
            name => self.look_up(index, name, rest.is_empty(), sought)?,
        };
        for (position, name) in rest.iter().enumerate() {
            let Target::Module(module) = target else { break };
            let is_last = position + 1 == rest.len();
            target = match name.as_str() {
                "super" => Target::Module(self.0[module].parent?),
                // What a macro defines is seen nowhere: it is taken to be of the module.
                name => self.look_up(module, name, is_last, sought).unwrap_or(Target::ItemOf(module)),
            };
        }
        Some(target)
    }

    /// A name in a module. A module and a function may share one: the last of a path is the function.
    fn look_up(&self, index: usize, name: &str, is_last: bool, sought: &mut Sought) -> Option<Target> {
        let module = &self.0[index];
        let child = module.children.get(name).map(|child| Target::Module(*child));
        if !is_last && child.is_some() {
            return child;
        }
        if module.items.contains(name) {
            return Some(Target::ItemOf(index));
        }
        if !sought.insert((index, name.to_owned())) {
            return child;
        }
        let named = module.imports.iter().filter(|import| import.name.as_deref() == Some(name));
        let found = named.filter_map(|import| self.resolve(index, &import.path, sought)).next();
        let globs = module.imports.iter().filter(|import| import.name.is_none());
        let from_glob = |import: &Import| match self.resolve(index, &import.path, sought)? {
            Target::Module(from) => self.look_up(from, name, is_last, sought),
            Target::ItemOf(_) => None,
        };
        found.or(child).or_else(|| globs.filter_map(from_glob).next())
    }
}
