//! The actions that are known, with what goes in and comes out: pure.

/// An action that templates use.
pub struct Action {
    pub name: &'static str,
    /// Whether its steps run here.
    pub here: bool,
    /// Inputs without which it does nothing.
    pub needs: &'static [&'static str],
    /// Further inputs; of an action that does not run here, nothing is known.
    pub takes: &'static [&'static str],
    /// Inputs that Backstage knows and that are not taken here.
    pub elsewhere: &'static [&'static str],
    pub outputs: &'static [&'static str],
}

const REPOSITORY: &[&str] = &["remoteUrl", "repoContentsUrl", "commitHash"];

/// One that runs here.
const fn here(
    name: &'static str,
    needs: &'static [&'static str],
    takes: &'static [&'static str],
    outputs: &'static [&'static str],
) -> Action {
    Action { name, here: true, needs, takes, elsewhere: &[], outputs }
}

/// One of which the outputs are known.
const fn portal(name: &'static str, outputs: &'static [&'static str]) -> Action {
    Action { name, here: false, needs: &[], takes: &[], elsewhere: &[], outputs }
}

/// All of them, those that run here first.
pub const ACTIONS: &[Action] = &[
    Action {
        elsewhere: &[
            "copyWithoutRender",
            "cookiecutterCompat",
            "templateFileExtension",
            "trimBlocks",
            "lstripBlocks",
            "token",
        ],
        ..here(
            "fetch:template",
            &[],
            &["url", "values", "targetPath", "copyWithoutTemplating", "replace"],
            &[],
        )
    },
    here("site:serve", &[], &["path"], &["url", "port"]),
    here(
        "publish:git",
        &[],
        &["repoUrl", "defaultBranch", "gitCommitMessage", "gitAuthorName", "gitAuthorEmail", "sourcePath"],
        REPOSITORY,
    ),
    here(
        "catalog:register",
        &[],
        &["repoContentsUrl", "catalogInfoPath", "catalogInfoUrl", "optional"],
        &["entityRef", "catalogInfoUrl"],
    ),
    here("exec:run", &["command"], &["cwd", "env", "timeout"], &["exitCode", "stdout"]),
    Action { elsewhere: &["token"], ..here("fetch:plain", &["url"], &["targetPath"], &[]) },
    Action { elsewhere: &["token"], ..here("fetch:plain:file", &["url", "targetPath"], &[], &[]) },
    here("fs:delete", &["files"], &[], &[]),
    here("fs:rename", &["files"], &[], &[]),
    here("fs:readdir", &["paths"], &["recursive"], &["files", "folders"]),
    here("debug:log", &[], &["message", "listWorkspace"], &[]),
    here("debug:wait", &[], &["minutes", "seconds", "milliseconds"], &[]),
    portal("publish:github", REPOSITORY),
    portal("publish:gitlab", &["remoteUrl", "repoContentsUrl", "commitHash", "projectId"]),
    portal("publish:github:pull-request", &["remoteUrl", "pullRequestNumber", "targetBranchName"]),
    portal("http:backstage:request", &["code", "headers", "body"]),
];

/// The action of that name.
pub fn find(name: &str) -> Option<&'static Action> {
    ACTIONS.iter().find(|action| action.name == name)
}

/// Those that run here.
pub fn running() -> impl Iterator<Item = &'static Action> {
    ACTIONS.iter().filter(|action| action.here)
}

/// The outputs that a known action has; `None` for an unknown one.
pub fn outputs(name: &str) -> Option<&'static [&'static str]> {
    find(name).map(|action| action.outputs)
}

impl Action {
    /// Every input that is taken here.
    pub fn inputs(&self) -> Vec<&'static str> {
        [self.needs, self.takes].concat()
    }
}
