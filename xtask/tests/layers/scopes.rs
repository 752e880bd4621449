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

/// Names that are being looked for, since re-exports may go in circles.
type Sought = BTreeSet<(usize, String)>;

impl Modules {
    /// The files that each file needs names of.
    pub(crate) fn needs(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut needs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (index, module) in self.0.iter().enumerate() {
            let imported = module.imports.iter().flat_map(|import| self.imported(index, module, import));
            let named = module.paths.iter().filter_map(|path| self.resolve(index, path, &mut Sought::new()));
            let files = imported.chain(named).filter_map(|target| match target {
                Target::ItemOf(module) => Some(self.0[module].file.clone()),
                Target::Module(_) => None,
            });
            let of_others = files.filter(|file| *file != module.file);
            needs.entry(module.file.clone()).or_default().extend(of_others);
        }
        needs
    }

    /// What an import brings that its module uses itself.
    fn imported(&self, index: usize, module: &Module, import: &Import) -> Vec<Target> {
        let Some(target) = self.resolve(index, &import.path, &mut Sought::new()) else { return Vec::new() };
        match (&import.name, target) {
            (Some(name), target) if !import.visible || module.mentions.contains(name) => vec![target],
            (None, Target::Module(from)) => {
                let mentioned = module.mentions.iter();
                mentioned.filter_map(|name| self.look_up(from, name, true, &mut Sought::new())).collect()
            }
            (None, target) => vec![target],
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
