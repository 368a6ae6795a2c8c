//! What a source file uses: every path, made absolute, with its module and line.
//!
//! Seen are `use` trees, inline paths, attributes and, as well as tokens allow, macros.
//! Not followed are re-exports: they are judged where they stand.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::parse::Parser as _;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};
use syn::{Attribute, ItemUse, Meta, Token, UseTree};

/// A module or item: the first segment is `crate` or the name of a library.
pub type Segments = Vec<String>;

/// One file, with the path that says which module it is.
pub struct Source {
    pub path: String,
    pub text: String,
}

/// One use of one thing.
#[derive(Debug)]
pub struct Use {
    pub module: Segments,
    pub line: usize,
    pub target: Segments,
    /// The `use` that the path goes through; whatever that one does is reported at its own line.
    pub through: Option<Segments>,
}

/// `src/a/b.rs` and `src/a/b/mod.rs` are `a::b`, `src/lib.rs` is the root.
pub fn module_of(path: &str) -> Segments {
    let inner = path.strip_prefix("src/").unwrap_or(path).trim_end_matches(".rs");
    let inner = inner.strip_suffix("/mod").unwrap_or(inner);
    if inner == "lib" { Vec::new() } else { inner.split('/').map(str::to_owned).collect() }
}

/// All uses of all files, by file, without what is compiled for tests alone.
pub fn uses(sources: &[Source]) -> Vec<(&Source, Vec<Use>)> {
    let files: Vec<_> = sources.iter().map(|source| (source, collect(source))).collect();
    let mut modules: BTreeSet<Segments> = files.iter().map(|(source, _)| module_of(&source.path)).collect();
    modules.extend(files.iter().flat_map(|(_, found)| found.modules.iter().cloned()));
    let test_only: Vec<_> = files.iter().flat_map(|(_, found)| &found.test_modules).collect();
    files
        .iter()
        .filter(|(source, _)| !test_only.iter().any(|module| module_of(&source.path).starts_with(module)))
        .map(|(source, found)| (*source, found.resolved(&modules)))
        .collect()
}

fn collect(source: &Source) -> Collector {
    let file = syn::parse_file(&source.text).unwrap_or_else(|error| panic!("{}: {error}", source.path));
    let mut collector = Collector { module: module_of(&source.path), ..Collector::default() };
    collector.visit_file(&file);
    collector
}

/// A path as it is written.
#[derive(Clone)]
struct Written {
    module: Segments,
    line: usize,
    /// `::name`: surely a library.
    absolute: bool,
    segments: Segments,
}

#[derive(Default)]
struct Collector {
    module: Segments,
    modules: Vec<Segments>,
    test_modules: Vec<Segments>,
    written: Vec<Written>,
    aliases: BTreeMap<(Segments, String), Written>,
    globs: Vec<Written>,
}

impl Collector {
    fn resolved(&self, modules: &BTreeSet<Segments>) -> Vec<Use> {
        self.written.iter().map(|written| self.resolve(written, modules, 8)).collect()
    }

    /// `depth` ends chains of names that stand for each other.
    fn resolve(&self, written: &Written, modules: &BTreeSet<Segments>, depth: usize) -> Use {
        let at =
            |target, through| Use { module: written.module.clone(), line: written.line, target, through };
        let (first, rest) = (&written.segments[0], &written.segments[1..]);
        if written.absolute {
            return at(written.segments.clone(), None);
        }
        match first.as_str() {
            "crate" | "goldenpath" => return at(in_crate(&[], rest), None),
            "self" | "super" => return at(relative(&written.module, &written.segments), None),
            _ => {}
        }
        let alias = self.aliases.get(&(written.module.clone(), first.clone()));
        if let Some(alias) = alias.filter(|alias| depth > 0 && alias.segments != written.segments) {
            let through = self.resolve(alias, modules, depth - 1).target;
            return at([through.clone(), rest.to_vec()].concat(), Some(through));
        }
        let child = [written.module.clone(), vec![first.clone()]].concat();
        if modules.contains(&child) {
            return at(in_crate(&child, rest), None);
        }
        for glob in self.globs.iter().filter(|glob| depth > 0 && glob.module == written.module) {
            let target = self.resolve(glob, modules, depth - 1).target;
            if target[0] == "crate" && modules.contains(&[&target[1..], std::slice::from_ref(first)].concat())
            {
                return at([target, written.segments.clone()].concat(), None);
            }
        }
        at(written.segments.clone(), None)
    }

    fn write(&mut self, line: usize, absolute: bool, segments: Segments) -> Written {
        let written = Written { module: self.module.clone(), line, absolute, segments };
        self.written.push(written.clone());
        written
    }

    fn use_tree(&mut self, absolute: bool, prefix: &[String], tree: &UseTree) {
        let line = tree.span().start().line;
        let join = |name: &syn::Ident| match name.to_string().as_str() {
            "self" if !prefix.is_empty() => prefix.to_vec(),
            name => [prefix, &[name.to_owned()]].concat(),
        };
        match tree {
            UseTree::Path(path) => self.use_tree(absolute, &join(&path.ident), &path.tree),
            UseTree::Group(group) => {
                group.items.iter().for_each(|item| self.use_tree(absolute, prefix, item));
            }
            UseTree::Glob(_) => {
                let written = self.write(line, absolute, prefix.to_vec());
                self.globs.push(written);
            }
            UseTree::Name(name) => self.named(line, absolute, join(&name.ident), None),
            UseTree::Rename(name) => self.named(line, absolute, join(&name.ident), Some(&name.rename)),
        }
    }

    fn named(&mut self, line: usize, absolute: bool, segments: Segments, rename: Option<&syn::Ident>) {
        let name = rename.map_or_else(|| segments.last().cloned().unwrap_or_default(), ToString::to_string);
        let written = self.write(line, absolute, segments);
        self.aliases.insert((self.module.clone(), name), written);
    }

    /// Paths in a macro or an attribute, where the grammar is unknown.
    fn tokens(&mut self, stream: TokenStream) {
        let trees: Vec<TokenTree> = stream.into_iter().collect();
        let mut next = 0;
        while next < trees.len() {
            match &trees[next] {
                TokenTree::Ident(first) => {
                    next = self.path_in_tokens(&trees, next, first.span().start().line)
                }
                TokenTree::Group(group) => {
                    self.tokens(group.stream());
                    next += 1;
                }
                _ => next += 1,
            }
        }
    }

    /// Reads `a::b::c` or `a::{b, c}` from `start` on; gives where it ends.
    fn path_in_tokens(&mut self, trees: &[TokenTree], start: usize, line: usize) -> usize {
        let absolute = is_path_separator(trees, start.wrapping_sub(2)) && !follows_name(trees, start);
        let mut segments = vec![trees[start].to_string()];
        let mut next = start + 1;
        while is_path_separator(trees, next) {
            match trees.get(next + 2) {
                Some(TokenTree::Ident(name)) => segments.push(name.to_string()),
                Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                    let parser = Punctuated::<UseTree, Token![,]>::parse_terminated;
                    for tree in parser.parse2(group.stream()).iter().flatten() {
                        self.use_tree(absolute, &segments, tree);
                    }
                    return next + 3;
                }
                _ => break,
            }
            next += 3;
        }
        if segments.len() > 1 {
            self.write(line, absolute, segments);
        }
        next
    }
}

impl<'ast> Visit<'ast> for Collector {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        match item {
            syn::Item::Mod(module) if is_for_tests(&module.attrs) => {
                self.test_modules.push([self.module.clone(), vec![module.ident.to_string()]].concat());
            }
            syn::Item::Use(item) if is_for_tests(&item.attrs) => {}
            syn::Item::Fn(item) if is_for_tests(&item.attrs) => {}
            syn::Item::Impl(item) if is_for_tests(&item.attrs) => {}
            _ => visit::visit_item(self, item),
        }
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.module.push(item.ident.to_string());
        self.modules.push(self.module.clone());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.use_tree(item.leading_colon.is_some(), &[], &item.tree);
    }

    fn visit_item_extern_crate(&mut self, item: &'ast syn::ItemExternCrate) {
        let line = item.span().start().line;
        self.named(line, true, vec![item.ident.to_string()], item.rename.as_ref().map(|(_, name)| name));
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 {
            let segments = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            self.write(path.span().start().line, path.leading_colon.is_some(), segments);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        self.tokens(item.tokens.clone());
        visit::visit_macro(self, item);
    }

    fn visit_meta_list(&mut self, list: &'ast syn::MetaList) {
        self.tokens(list.tokens.clone());
        // `with = "crate::a::b"` names code too.
        for tree in list.tokens.clone() {
            let text = syn::parse_str::<syn::LitStr>(&tree.to_string()).map(|text| text.value());
            if let Some(path) = text.ok().and_then(|text| syn::parse_str::<syn::Path>(&text).ok()) {
                let segments: Segments = path.segments.iter().map(|part| part.ident.to_string()).collect();
                self.write(tree.span().start().line, path.leading_colon.is_some(), segments);
            }
        }
        visit::visit_meta_list(self, list);
    }
}

fn in_crate(module: &[String], rest: &[String]) -> Segments {
    [&["crate".to_owned()], module, rest].concat()
}

fn relative(module: &[String], segments: &[String]) -> Segments {
    let mut base = module.to_vec();
    let steps = segments.iter().take_while(|name| *name == "self" || *name == "super").count();
    for _ in segments[..steps].iter().filter(|name| *name == "super") {
        base.pop();
    }
    in_crate(&base, &segments[steps..])
}

fn is_path_separator(trees: &[TokenTree], at: usize) -> bool {
    let is_colon =
        |tree: Option<&TokenTree>| matches!(tree, Some(TokenTree::Punct(mark)) if mark.as_char() == ':');
    is_colon(trees.get(at)) && is_colon(trees.get(at.wrapping_add(1)))
}

fn follows_name(trees: &[TokenTree], at: usize) -> bool {
    let before = trees.get(at.wrapping_sub(3));
    matches!(before, Some(TokenTree::Ident(_))) || before.is_some_and(|tree| tree.to_string() == ">")
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    let cfg =
        |attribute: &Attribute| attribute.path().is_ident("cfg").then(|| attribute.parse_args::<Meta>());
    attributes.iter().filter_map(cfg).flatten().any(|meta| needs_test(&meta))
}

fn needs_test(meta: &Meta) -> bool {
    let Meta::List(list) = meta else { return meta.path().is_ident("test") };
    let parser = Punctuated::<Meta, Token![,]>::parse_terminated;
    let inner = parser.parse2(list.tokens.clone()).unwrap_or_default();
    let is_all = list.path.is_ident("all");
    let is_any = list.path.is_ident("any") && !inner.is_empty();
    (is_all && inner.iter().any(needs_test)) || (is_any && inner.iter().all(needs_test))
}
