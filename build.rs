//! Rebuilds when embedded data changes: the menu, the templates, the surveys, the migrations.

fn main() {
    for folder in ["commands", "templates", "surveys", "migrations"] {
        println!("cargo:rerun-if-changed={folder}");
    }
}
