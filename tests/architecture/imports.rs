//! Which file names which: imports and paths, followed through re-exports to the file that defines
//! the item.
//!
//! A `mod` declaration names nothing, a re-export names what it exports. Items that macros make are
//! not seen; a path to one leads to the file of its module.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::Source;
use super::rust::{Use, definition, matching, paths, uses};

/// For each file the files that it names, with one of the names by which it does.
pub type Imports = BTreeMap<String, BTreeMap<String, String>>;

/// The way to a module from the root of its crate.
type ModulePath = Vec<String>;

/// A module: a file, or a part of one.
#[derive(Default)]
struct Module {
    file: String,
    defined: BTreeSet<String>,
    uses: Vec<Use>,
    /// All but the `use` declarations.
    code: Vec<String>,
}

/// What a path leads to.
enum Target {
    Module(ModulePath),
    /// An item, by the file that defines it.
    Item(String),
    /// What is not of this crate.
    Outside,
}

/// The modules of a crate.
struct Crate(BTreeMap<ModulePath, Module>);

/// Which files of a crate name which others.
pub fn imports(sources: &[&Source]) -> Imports {
    let mut all = Crate(BTreeMap::new());
    for source in sources {
        let file = source.path.display().to_string();
        all.add(module_of(&file), &file, &source.tokens);
    }
    let mut imports = Imports::new();
    for (path, module) in &all.0 {
        let named = imports.entry(module.file.clone()).or_default();
        for (file, name) in all.named_by(path, module) {
            if file != module.file {
                named.entry(file).or_insert(name);
            }
        }
    }
    imports
}

/// The files that are in a circle, each with a shortest way around: `a.rs -(Name)-> b.rs -(…)-> a.rs`.
pub fn circles(imports: &Imports) -> BTreeMap<String, String> {
    let around = |file: &String| way_back(imports, file).map(|way| (file.clone(), way));
    imports.keys().filter_map(around).collect()
}

fn way_back(imports: &Imports, start: &String) -> Option<String> {
    let mut ways = BTreeMap::from([(start, start.clone())]);
    let mut queue = VecDeque::from([start]);
    while let Some(file) = queue.pop_front() {
        for (next, name) in imports.get(file)? {
            let way = format!("{} -({name})-> {next}", ways[file]);
            if next == start {
                return Some(way);
            }
            if !ways.contains_key(next) {
                ways.insert(next, way);
                queue.push_back(next);
            }
        }
    }
    None
}

/// The module that a file is: `event/mod.rs` and `event.rs` are `event`, the root has no name.
fn module_of(path: &str) -> ModulePath {
    let path = path.strip_suffix(".rs").expect("a source");
    let mut names: ModulePath = path.split('/').map(str::to_owned).collect();
    if matches!(
        names.last().map(String::as_str),
        Some("mod" | "lib" | "main")
    ) {
        names.pop();
    }
    names
}

impl Module {
    fn imported(&self, name: &str) -> Option<&Use> {
        let is_it = |one: &&Use| one.name.as_deref() == Some(name);
        self.uses.iter().find(is_it)
    }

    fn has_item(&self, name: &str) -> bool {
        self.defined.contains(name) || self.imported(name).is_some()
    }

    /// What stands in this module itself.
    fn item(&self) -> Target {
        Target::Item(self.file.clone())
    }
}

impl Crate {
    /// Adds a module with the modules inside it.
    fn add(&mut self, path: ModulePath, file: &str, tokens: &[String]) {
        let mut module = Module {
            file: file.to_owned(),
            ..Module::default()
        };
        let mut own = Vec::new();
        let mut position = 0;
        while position < tokens.len() {
            let end = match tokens[position].as_str() {
                "{" | "(" | "[" => matching(tokens, position),
                _ => position,
            };
            if let Some(name) = module_that_begins(tokens, position) {
                let end = matching(tokens, position + 2);
                self.add(inside(&path, name), file, &tokens[position + 3..end]);
                position = end + 1;
                continue;
            }
            if let Some((_, name)) = definition(tokens, position) {
                module.defined.insert(name.to_owned());
            }
            own.extend_from_slice(&tokens[position..=end]);
            position = end + 1;
        }
        (module.uses, module.code) = uses(&own);
        self.0.insert(path, module);
    }

    /// The files of the items that a module names, each with the name.
    fn named_by(&self, from: &ModulePath, module: &Module) -> Vec<(String, String)> {
        let imported = module.uses.iter().map(|one| one.path.clone());
        // A name that stands alone counts where its `use` does, unless it comes by `*`.
        let in_code = paths(&module.code)
            .into_iter()
            .filter(|path| path.len() > 1 || !module.has_item(&path[0]));
        let named = imported.chain(in_code);
        named
            .filter_map(|path| match self.follow(from, &path, 0) {
                Target::Item(file) => Some((file, path.join("::"))),
                Target::Module(_) | Target::Outside => None,
            })
            .collect()
    }

    /// What a path leads to from a module, by way of what is re-exported.
    fn follow(&self, from: &ModulePath, path: &[String], depth: usize) -> Target {
        let mut module = from.clone();
        for (position, name) in path.iter().enumerate() {
            match name.as_str() {
                "crate" => module.clear(),
                "super" => drop(module.pop()),
                "self" => {}
                _ => match self.find(&module, name, position + 1 == path.len(), depth) {
                    Some(Target::Module(next)) => module = next,
                    Some(found) => return found,
                    None if position == 0 => return Target::Outside,
                    // Made by a macro.
                    None => return self.0.get(&module).map_or(Target::Outside, Module::item),
                },
            }
        }
        Target::Module(module)
    }

    /// What a name is in a module.
    fn find(&self, path: &ModulePath, name: &str, is_last: bool, depth: usize) -> Option<Target> {
        /// Names that are re-exported more often than this are taken for a circle of `*`.
        const DEEPEST: usize = 8;
        let module = self.0.get(path).filter(|_| depth < DEEPEST);
        // A module and a function may have one name.
        let child = inside(path, name);
        let has_item = module.is_some_and(|module| module.has_item(name));
        if self.0.contains_key(&child) && !(is_last && has_item) {
            return Some(Target::Module(child));
        }
        let module = module?;
        if module.defined.contains(name) {
            return Some(module.item());
        }
        if let Some(one) = module.imported(name) {
            return Some(self.follow(path, &one.path, depth + 1));
        }
        let mut by_star = module.uses.iter().filter(|one| one.name.is_none());
        by_star.find_map(|one| match self.follow(path, &one.path, depth + 1) {
            Target::Module(other) => self.find(&other, name, is_last, depth + 1),
            Target::Item(_) | Target::Outside => None,
        })
    }
}

fn inside(module: &ModulePath, name: &str) -> ModulePath {
    [&module[..], &[name.to_owned()]].concat()
}

/// The name of the module whose body begins two words on.
fn module_that_begins(tokens: &[String], position: usize) -> Option<&str> {
    let [keyword, name, bracket] = tokens.get(position..position + 3)? else {
        return None;
    };
    (keyword == "mod" && bracket == "{").then_some(name)
}
