//! The built-in actions on real folders.

use std::path::PathBuf;

use tempfile::TempDir;

use super::fetch::FILES;
use super::*;
use crate::catalog::model::TemplateFile;
use crate::drivers::Ownership;

struct Bench {
    folder: TempDir,
    files: Files,
}

impl Bench {
    fn new(files: &[(&str, &[u8])]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("work")).unwrap();
        let file =
            |bytes: &[u8]| TemplateFile { bytes: bytes.to_vec(), executable: bytes.starts_with(b"#!") };
        let files = files.iter().map(|(path, bytes)| ((*path).to_owned(), file(bytes))).collect();
        Bench { folder, files }
    }

    fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    fn run(&self, action: &str, input: Value) -> Outcome {
        let (workspace, log) = (self.work(), self.folder.path().join("log"));
        let (files, progress) = (&self.files, self.folder.path().join("progress"));
        run(&Call { action, input: &input, workspace: &workspace, files, log: &log, progress: &progress })
            .unwrap()
    }

    fn refusal(&self, action: &str, input: Value) -> String {
        match self.run(action, input) {
            Outcome::Refused { reason } => reason,
            other => panic!("{other:?}"),
        }
    }

    fn written(&self, path: &str) -> String {
        fs::read_to_string(self.work().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }
}

#[test]
fn a_skeleton_is_rendered_with_names_contents_and_modes() {
    let bench = Bench::new(&[
        ("template.yaml", b"x"),
        ("skeleton/${{ values.name }}/a.txt", b"port ${{ values.port }}\n"),
        ("skeleton/run.sh", b"#!/bin/sh\n"),
        ("skeleton/raw.bin", b"\0${{ values.nothing }}"),
        ("skeleton/ci/x.yaml", b"${{ secrets.token }}"),
    ]);
    let input = json!({"values": {"name": "shop-2", "port": 80}, "copyWithoutTemplating": ["ci/"]});
    assert_eq!(bench.run("fetch:template", input.clone()), ready(json!({})));
    assert_eq!(bench.written("shop-2/a.txt"), "port 80\n");
    assert_eq!(bench.written("raw.bin"), "\0${{ values.nothing }}");
    assert_eq!(bench.written("ci/x.yaml"), "${{ secrets.token }}");
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |path: &str| fs::metadata(bench.work().join(path)).unwrap().permissions().mode() & 0o111;
    assert!(mode("run.sh") != 0 && mode("raw.bin") == 0);
    assert!(!bench.work().join("template.yaml").exists());
    assert_eq!(bench.run("fetch:template", input), ready(json!({})), "a second time changes nothing");
    assert_eq!(bench.log(), "4 files from ./skeleton\n4 files from ./skeleton\n");
}

#[test]
fn a_target_folder_and_files_that_stay_are_respected() {
    let bench = Bench::new(&[("skeleton/a", b"new"), ("skeleton/b", b"new")]);
    fs::create_dir_all(bench.work().join("deep/down")).unwrap();
    fs::write(bench.work().join("deep/down/a"), "old").unwrap();
    bench.run("fetch:template", json!({"targetPath": "./deep/down/", "replace": false}));
    assert_eq!((bench.written("deep/down/a"), bench.written("deep/down/b")), ("old".into(), "new".into()));
    bench.run("fetch:template", json!({"targetPath": "deep/down"}));
    assert_eq!(bench.written("deep/down/a"), "new");
}

#[test]
fn nothing_names_a_place_outside() {
    let bench = Bench::new(&[("skeleton/${{ values.x }}/a", b"x"), ("outside", b"x")]);
    for name in ["..", ".", "", " ", "a/b", "/etc", "a\\b", "a\0b", ".git", ".GIT", "a\nb"] {
        let reason = bench.refusal("fetch:template", json!({"values": {"x": name}}));
        assert!(reason.contains("no file name"), "{name:?}: {reason}");
    }
    for target in ["/tmp/x", "../x", "a/../../x", "a\0", ".git/hooks"] {
        let input = json!({"targetPath": target, "values": {"x": "y"}});
        assert!(bench.refusal("fetch:template", input).contains("inside the workspace"), "{target}");
    }
    for url in ["../outside", "/etc", "https://x.example/y", "skeleton/../..", "file:x", "nothing"] {
        let reason = bench.refusal("fetch:template", json!({"url": url, "values": {"x": "y"}}));
        assert!(reason.contains("not a folder of this template") || reason.contains("no files"), "{reason}");
    }
    assert_eq!(fs::read_dir(bench.work()).unwrap().count(), 0);
}

#[test]
fn links_in_the_workspace_are_never_followed() {
    let bench = Bench::new(&[("skeleton/dir/a", b"x"), ("skeleton/zfile", b"x")]);
    let outside = bench.folder.path().join("outside");
    fs::create_dir(&outside).unwrap();
    std::os::unix::fs::symlink(&outside, bench.work().join("dir")).unwrap();
    assert!(bench.refusal("fetch:template", json!({})).contains("in the way"));
    fs::remove_file(bench.work().join("dir")).unwrap();
    std::os::unix::fs::symlink(outside.join("b"), bench.work().join("zfile")).unwrap();
    assert!(bench.refusal("fetch:template", json!({})).contains("in the way"));
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
}

#[test]
fn another_name_of_a_replaced_file_keeps_its_content() {
    let bench = Bench::new(&[("skeleton/a", b"new")]);
    let outside = bench.folder.path().join("outside");
    fs::write(&outside, "old").unwrap();
    fs::hard_link(&outside, bench.work().join("a")).unwrap();
    bench.run("fetch:template", json!({}));
    assert_eq!((bench.written("a"), fs::read_to_string(&outside).unwrap()), ("new".into(), "old".into()));
}

#[test]
fn a_refused_fetch_leaves_nothing_behind() {
    let bench = Bench::new(&[("skeleton/a", b"fine"), ("skeleton/b", b"one\n${{ values.nme }}\n")]);
    let reason = bench.refusal("fetch:template", json!({"values": {"name": "x"}}));
    assert_eq!(reason, "The file `b`, line 2: `${{ values.nme }}`: `values.nme` is not defined.");
    let two = Bench::new(&[("skeleton/${{ values.x }}", b"1"), ("skeleton/b", b"2")]);
    assert!(two.refusal("fetch:template", json!({"values": {"x": "b"}})).contains("become `b`"));
    assert!(two.refusal("fetch:template", json!({"cookiecutterCompat": true})).contains("no input"));
    for bench in [bench, two] {
        assert_eq!(fs::read_dir(bench.work()).unwrap().count(), 0);
    }
}

#[test]
fn too_many_files_are_refused() {
    let names: Vec<String> = (0..=FILES).map(|i| format!("skeleton/{i}")).collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), b"x".as_slice())).collect();
    let bench = Bench::new(&files);
    assert!(bench.refusal("fetch:template", json!({})).contains("more than 2000 files"));
}

#[test]
fn a_message_goes_to_the_log() {
    let bench = Bench::new(&[]);
    fs::write(bench.work().join("a.txt"), "").unwrap();
    bench.run("debug:log", json!({"message": "hello", "listWorkspace": true}));
    assert_eq!(bench.log(), "hello\n  a.txt\n");
}

#[test]
fn a_registered_entity_is_named_and_kept() {
    let bench = Bench::new(&[]);
    let text = "kind: Component\nmetadata: {name: shop-2}\n";
    fs::write(bench.work().join("catalog-info.yaml"), text).unwrap();
    let input = json!({"repoContentsUrl": "https://git.example/shop/"});
    let Outcome::Ready { outputs, resources } = bench.run("catalog:register", input) else { panic!() };
    let url = "https://git.example/shop/catalog-info.yaml";
    assert_eq!(outputs, json!({"entityRef": "component:default/shop-2", "catalogInfoUrl": url}));
    assert_eq!(resources[0].ownership, Ownership::Kept);
    assert_eq!(resources[0].kind, "catalog entry");
}

#[test]
fn an_entity_that_cannot_be_used_is_refused() {
    let bench = Bench::new(&[]);
    assert!(bench.refusal("catalog:register", json!({})).contains("holds no `/catalog-info.yaml`"));
    assert_eq!(bench.run("catalog:register", json!({"optional": true})), ready(json!({})));
    let cases = [("kind: [", "not YAML"), ("metadata: {name: x}", "`kind`"), ("kind: A", "`metadata.name`")];
    for (text, expected) in cases {
        fs::write(bench.work().join("c.yaml"), text).unwrap();
        let reason = bench.refusal("catalog:register", json!({"catalogInfoPath": "c.yaml"}));
        assert!(reason.contains(expected), "{reason}");
    }
    let secret = bench.folder.path().join("secret");
    fs::write(&secret, "kind: A\nmetadata: {name: x}\n").unwrap();
    std::os::unix::fs::symlink(&secret, bench.work().join("link.yaml")).unwrap();
    for path in ["../secret", "link.yaml", "/"] {
        bench.refusal("catalog:register", json!({"catalogInfoPath": path}));
    }
}

#[test]
fn every_action_that_is_said_to_run_here_does() {
    let driven = ["exec:run", "site:serve", "publish:git", "debug:wait"];
    for action in catalog::actions::running().filter(|action| !driven.contains(&action.name)) {
        let bench = Bench::new(&[]);
        if let Outcome::Refused { reason } = bench.run(action.name, json!({})) {
            assert!(!reason.contains("no built-in action"), "{reason}");
        }
        assert!(bench.refusal(action.name, json!({"nonsense": 1})).contains("has no input `nonsense`"));
    }
}

#[test]
fn plain_files_are_brought_as_they_are() {
    let bench = Bench::new(&[("base/a/${{ x }}", b"${{ y }}"), ("base/run", b"#!/bin/sh"), ("one", b"1")]);
    for _ in 0..2 {
        bench.run("fetch:plain", json!({"url": "./base", "targetPath": "in"}));
        bench.run("fetch:plain:file", json!({"url": "one", "targetPath": "in/two"}));
    }
    let read = |path: &str| bench.written(path);
    assert_eq!(
        (read("in/a/${{ x }}"), read("in/two"), read("in/run")),
        ("${{ y }}".into(), "1".into(), "#!/bin/sh".into())
    );
    for (action, input, says) in [
        ("fetch:plain", json!({"url": "https://x.example/y"}), "what came with the template alone"),
        ("fetch:plain", json!({"url": "nothing"}), "holds no files"),
        ("fetch:plain", json!({}), "needs the input `url`"),
        ("fetch:plain", json!({"url": "base", "targetPath": "../x"}), "inside the workspace"),
        ("fetch:plain:file", json!({"url": "base", "targetPath": "x"}), "has no file `base`"),
        ("fetch:plain:file", json!({"url": "one", "targetPath": "in/"}), "is a folder"),
    ] {
        assert!(bench.refusal(action, input.clone()).contains(says), "{input}");
    }
}

/// A workspace with these files, each holding its own path.
fn filled(paths: &[&str]) -> Bench {
    let bench = Bench::new(&[]);
    for path in paths {
        let file = bench.work().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, path).unwrap();
    }
    bench
}

/// All files of the workspace with what they hold.
fn left(bench: &Bench) -> Vec<String> {
    let listed = bench.run("fs:readdir", json!({"paths": ["."], "recursive": true}));
    let Outcome::Ready { outputs, .. } = listed else { panic!("{listed:?}") };
    let paths =
        outputs["files"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap().to_owned());
    paths.map(|path| format!("{path}={}", bench.written(&path))).collect()
}

#[test]
fn what_is_named_is_deleted_and_nothing_else() {
    let bench = filled(&["a/x", "a/y", "b/x.txt", "b/y.md", "c"]);
    for _ in 0..2 {
        assert_eq!(
            bench.run("fs:delete", json!({"files": ["a", "b/*.txt", "./c", "gone/x"]})),
            ready(json!({}))
        );
    }
    assert_eq!(left(&bench), ["b/y.md=b/y.md"]);
    for path in ["..", "/etc", "a/../..", ".", "", ".git"] {
        bench.refusal("fs:delete", json!({"files": [path]}));
    }
    assert!(bench.refusal("fs:delete", json!({"files": "b"})).contains("a list of paths"));
}

#[test]
fn a_link_is_removed_and_not_what_it_leads_to() {
    let bench = filled(&["a"]);
    let outside = bench.folder.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("kept"), "").unwrap();
    std::os::unix::fs::symlink(&outside, bench.work().join("link")).unwrap();
    assert!(bench.refusal("fs:delete", json!({"files": ["link/kept"]})).contains("in the way"));
    assert!(
        bench.refusal("fs:rename", json!({"files": [{"from": "a", "to": "link/a"}]})).contains("in the way")
    );
    assert!(bench.refusal("fs:readdir", json!({"paths": ["link"]})).contains("in the way"));
    bench.run("fs:delete", json!({"files": ["link", "**/kept"]}));
    assert!(outside.join("kept").exists() && !bench.work().join("link").exists());
}

#[test]
fn files_and_folders_are_renamed_in_order_and_once() {
    let swap = json!({"files": [
        {"from": "a", "to": "new/t"}, {"from": "b", "to": "a"}, {"from": "new/t", "to": "b"},
        {"from": "dir", "to": "other", "overwrite": true},
    ]});
    let bench = filled(&["a", "b", "dir/x", "other/y"]);
    for _ in 0..2 {
        assert_eq!(bench.run("fs:rename", swap.clone()), ready(json!({})));
        assert_eq!(left(&bench), ["a=b", "b=a", "other/x=dir/x"]);
    }
}

#[test]
fn a_rename_that_was_cut_off_goes_on() {
    let input = json!({"files": [{"from": "a", "to": "b"}, {"from": "b", "to": "c"}]});
    let bench = filled(&["b"]);
    // Cut off between the first move and its mark.
    fs::write(bench.folder.path().join("progress"), "0+").unwrap();
    bench.run("fs:rename", input);
    assert_eq!(left(&bench), ["c=b"]);
}

#[test]
fn a_rename_that_would_lose_something_is_refused() {
    let bench = filled(&["a/x", "b"]);
    for (from, to, says) in [
        ("b", "a", "is there already"),
        ("gone", "c", "holds no `gone`"),
        ("a", "a/b", "lies in the other"),
        ("a/x", "a", "lies in the other"),
        ("b", "../b", "inside the workspace"),
        ("", "b", "needs `from` and `to`"),
    ] {
        let reason = bench.refusal("fs:rename", json!({"files": [{"from": from, "to": to}]}));
        assert!(reason.contains(says), "{reason}");
    }
    assert_eq!(left(&bench), ["a/x=a/x", "b=b"]);
}

#[test]
fn a_folder_is_listed_with_its_paths() {
    let bench = filled(&["a/b/x", "a/y", "z"]);
    let Outcome::Ready { outputs, .. } = bench.run("fs:readdir", json!({"paths": ["a"]})) else { panic!() };
    let full = bench.work().join("a/y");
    assert_eq!(outputs["files"], json!([{"name": "y", "path": "a/y", "fullPath": full}]));
    assert_eq!(outputs["folders"][0]["path"], "a/b");
    assert!(bench.refusal("fs:readdir", json!({"paths": ["none"]})).contains("holds no folder `none`"));
}
